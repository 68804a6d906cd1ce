"""What the wizard explains."""

from pathlib import Path

import pytest

from anchorkeep.actions import export, selection
from anchorkeep.actions.export import ExportFile, Format, State, Written
from anchorkeep.actions.selection import Part
from anchorkeep.cli import advice, render
from tests.peers import reports


def shown(item: object, capsys: pytest.CaptureFixture[str]) -> str:
    """Return what is printed, in one line."""
    render.forget_streams()
    render.out(item)
    render.forget_streams()
    return " ".join(capsys.readouterr().out.split())


def written(path: str) -> list[Written]:
    """Return a file as if it had been written."""
    (chosen,) = selection.choose(reports.good(), [Part.ROOT])
    data = export.encode([chosen], Format.PEM)
    return [Written(file=ExportFile(name="x", data=data, chosen=(chosen,)), path=Path(path), state=State.WRITTEN)]


def steps(format_: Format, *parts: Part, path: str = "out/a root's.pem") -> dict[str, str]:
    """Return what is said of a file with these parts."""
    endpoint = reports.good().subject.endpoint
    return dict(advice.next_steps(written(path), format_, chosen=frozenset(parts), endpoint=endpoint))


def test_every_format_says_who_reads_it() -> None:
    """No format is offered without its readers, and no line is wider than a narrow terminal has room for."""
    assert {str(item) for item in Format} <= set(advice.READERS)
    assert max(map(len, advice.READERS.values())) <= 53


def test_root_is_advised_with_its_reason(capsys: pytest.CaptureFixture[str]) -> None:
    """The root is advised and the leaf is warned of, each with the reason and the leaf's last day."""
    said = shown(advice.parts([reports.good()]), capsys)
    assert "root Advised. Whoever trusts the root" in said
    assert f"on {reports.pki().leaf.not_after:%Y-%m-%d} (in " in said
    assert "47 days" in said


def test_unknown_root_is_not_advised(capsys: pytest.CaptureFixture[str]) -> None:
    """A root that is not known cannot be taken, and is not advised."""
    report = reports.report((reports.pki().leaf, reports.pki().intermediate))
    said = shown(advice.parts([report]), capsys)
    assert "root Not here" in said
    assert not advice.is_there(Part.ROOT, [report])
    assert "(advised)" not in advice.title(Part.ROOT, [report])
    assert advice.is_there(Part.INTERMEDIATES, [report])


def test_titles_name_certificates() -> None:
    """A choice names its certificate, and how many more there are."""
    pki = reports.pki()
    assert pki.root.title in advice.title(Part.ROOT, [reports.good()])
    assert pki.intermediate.title in advice.title(Part.INTERMEDIATES, [reports.good()])
    assert advice.title(Part.SENT, [reports.good()]).endswith(" and 1 more")


@pytest.mark.parametrize(
    ("format_", "programs"),
    [
        (Format.DER, {"Java", "PowerShell"}),
        (Format.PEM, {"Java", "curl"}),
        (Format.BUNDLE, {"curl"}),
        (Format.PKCS7, {"PowerShell"}),
        (Format.PKCS7_PEM, {"look at it"}),
    ],
)
def test_next_steps_are_of_those_who_read_it(format_: Format, programs: set[str]) -> None:
    """The lines for a root are those of programs that read its format."""
    assert set(steps(format_, Part.ROOT)) == programs


def test_without_root_nothing_is_imported() -> None:
    """A leaf is not proposed for import as if it were a root."""
    assert set(steps(Format.PEM, Part.LEAF)) == {"look at it"}


def test_paths_are_quoted_for_their_shell() -> None:
    """A quote in a path ends no string, in either shell; a file beside us is named so that `show` takes it for one."""
    assert "'out/a root''s.pem'" in steps(Format.DER, Part.ROOT)["PowerShell"]
    assert """'out/a root'"'"'s.pem'""" in steps(Format.PEM, Part.ROOT)["curl"]
    assert steps(Format.PEM, Part.LEAF, path="leaf.pem") == {"look at it": "anchorkeep show ./leaf.pem"}
