import os
import re
from dataclasses import replace
from pathlib import Path

import pytest

from anchorkeep import formats, mint
from anchorkeep.actions import export
from anchorkeep.actions.export import ExportFile, Format, State
from anchorkeep.actions.selection import Chosen, Part, choose
from anchorkeep.actions.show import Report
from anchorkeep.errors import AnchorkeepError, FileError, RefusedError, UsageError
from anchorkeep.host import replacement
from anchorkeep.model.certificate import Certificate
from anchorkeep.model.name import Name
from tests.peers import reports
from tests.peers.reports import pki

SAFE = re.compile(r"[a-z0-9_][a-z0-9._-]*\.(cer|pem|p7b|sst)")


def path(report: Report | None = None) -> tuple[Chosen, ...]:
    """Return the certificates of a report's path: leaf, intermediate, root."""
    return choose(report or reports.good(), [Part.PATH])


def names(chosen: tuple[Chosen, ...], format_: Format = Format.DER) -> list[str]:
    """Return the names of the files that would be written."""
    return [item.name for item in export.plan(chosen, format_)]


def self_signed(subject: Name, seed: int = 1) -> Chosen:
    """Return a certificate of that subject, chosen as a root."""
    template = mint.Template(subject=subject, serial_number=seed, not_before=reports.AT, not_after=reports.AT)
    certificate = mint.self_signed(template, mint.key.generate("EC P-256"))
    return Chosen(certificate=certificate, role="root", report=reports.good())


@pytest.mark.parametrize("format_", [Format.PEM, Format.BUNDLE, Format.PKCS7, Format.PKCS7_PEM, Format.SST])
def test_encoded_holds_what_was_chosen(format_: Format) -> None:
    """Every format that holds many certificates holds exactly those chosen."""
    data = export.encode(path(), format_)
    expected = [pki().leaf, pki().intermediate, pki().root]
    assert sorted(item.der for item in formats.loads(data).certificates) == sorted(item.der for item in expected)


def test_der_holds_one() -> None:
    """A DER file is the certificate's bytes."""
    assert export.encode(path()[:1], Format.DER) == pki().leaf.der


def test_der_of_several_is_refused() -> None:
    """Several certificates do not fit into DER, and another way is named."""
    with pytest.raises(UsageError, match="DER holds one certificate, 3 certificates are chosen") as caught:
        export.encode(path(), Format.DER)
    assert "p7b" in caught.value.remedy


@pytest.mark.parametrize("format_", [Format.PEM, Format.PKCS7])
def test_nothing_is_not_encoded(format_: Format) -> None:
    """No file is made of no certificates."""
    with pytest.raises(UsageError):
        export.encode((), format_)


def test_what_would_not_be_read_back_is_refused() -> None:
    """Bytes that are no certificate do not become a file that claims to hold one."""
    broken = replace(path()[0], certificate=Certificate(b"\x01\x02\x03"))
    with pytest.raises(AnchorkeepError):
        export.encode((broken,), Format.DER)


@pytest.mark.parametrize(("format_", "codec"), [(Format.PEM, "pem"), (Format.PKCS7, "pkcs7"), (Format.SST, "sst")])
@pytest.mark.parametrize("fault", [lambda items: items[:-1], lambda items: [*items, items[0]], lambda items: [items[0]] * 3])
def test_encoder_at_fault_is_noticed(fault: object, format_: Format, codec: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An encoder that loses, repeats or swaps a certificate does not get its bytes into a file."""
    dumps = formats.dumps
    monkeypatch.setattr(formats, "dumps", lambda items, **_: dumps(fault(items), format=codec))
    with pytest.raises(RefusedError, match="not the 3 chosen"):
        export.encode(path(), format_)


@pytest.mark.parametrize(("format_", "codec"), [(Format.PEM, "pem"), (Format.SST, "sst")])
def test_encoder_that_changes_the_order_is_noticed(format_: Format, codec: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A PEM file or serialized store holds the certificates in the order in which they were chosen."""
    dumps = formats.dumps
    monkeypatch.setattr(formats, "dumps", lambda items, **_: dumps(items[::-1], format=codec))
    with pytest.raises(RefusedError, match="not the 3 chosen"):
        export.encode(path(), format_)


def test_comments_are_left_out() -> None:
    """Without comments a PEM file begins with its first block."""
    assert export.encode(path(), Format.PEM, comments=False).startswith(b"-----BEGIN CERTIFICATE-----\n")
    assert not export.encode(path(), Format.PEM).startswith(b"-----BEGIN")


def test_names_speak() -> None:
    """A leaf is named after its host, a CA after its title and fingerprint."""
    assert names(path()) == [
        "licenses.example.test-leaf.cer",
        f"steady-tls-ca-1-{pki().intermediate.sha256.hex()[:8]}.cer",
        f"steady-root-r1-{pki().root.sha256.hex()[:8]}.cer",
    ]


@pytest.mark.parametrize(
    ("target", "name"),
    [
        ("host.example.test", "host.example.test-leaf.pem"),
        ("host.example.test:8443", "host.example.test-8443-leaf.pem"),
        ("192.0.2.1", "192.0.2.1-leaf.pem"),
        ("[2001:db8::1]:8443", "2001-db8--1-8443-leaf.pem"),
        ("2001:db8::1", "2001-db8--1-leaf.pem"),
        ("[::1]", "1-leaf.pem"),
        ("bücher.example", "xn--bcher-kva.example-leaf.pem"),
    ],
)
def test_leaf_is_named_after_endpoint(target: str, name: str) -> None:
    """Host, port, address and internationalized name become a file name that every system takes."""
    assert names(path(reports.good(target))[:1], Format.PEM) == [name]


def test_longest_host_name_fits() -> None:
    """The longest host name makes a file name that file systems take."""
    host = ".".join(["a" * 61] * 4 + ["example"])[-253:]
    (name,) = names(path(reports.good(f"{host}:8443"))[:1])
    assert len(name) <= 255 - 65


@pytest.mark.parametrize(
    ("format_", "name"),
    [
        (Format.BUNDLE, "licenses.example.test.pem"),
        (Format.PKCS7, "licenses.example.test.p7b"),
        (Format.PKCS7_PEM, "licenses.example.test.p7b"),
        (Format.SST, "licenses.example.test.sst"),
    ],
)
def test_bundle_is_one_file_a_target(format_: Format, name: str) -> None:
    """A format that holds many certificates is one file a target."""
    (file,) = export.plan(path(), format_)
    assert (file.name, [item.role for item in file.chosen]) == (name, ["leaf", "intermediate", "root"])


def test_file_target_names_its_bundle() -> None:
    """A bundle of a file's certificates is named after the file."""
    assert names(path(reports.good(target=None)), Format.BUNDLE) == ["some-file.pem"]


def test_leaf_of_file_is_named_after_its_title() -> None:
    """A leaf from a file has no host, so its title names it."""
    (name,) = names(path(reports.good(target=None))[:1])
    assert name == f"licenses-example-test-{pki().leaf.sha256.hex()[:8]}.cer"


def test_certificates_of_two_targets_are_written_once() -> None:
    """What two environments share is one file: two leaves and one root are three files."""
    issuer = reports.authority("Shared Root")
    chosen: tuple[Chosen, ...] = ()
    for host in ("uat.example.test", "production.example.test"):
        identity = issuer.issue(dns_names=(host,), at=reports.AT, days=30, entropy=lambda size, host=host: host.encode()[:size])
        report = reports.report(identity.chain, reports.pool(issuer.certificate), target=host)
        chosen += choose(report, [Part.LEAF, Part.ROOT])
    assert names(chosen) == [
        "uat.example.test-leaf.cer",
        f"shared-root-{issuer.certificate.sha256.hex()[:8]}.cer",
        "production.example.test-leaf.cer",
    ]


def test_leaf_of_two_hosts_is_written_once() -> None:
    """A leaf that two hosts present is one file, named after the first."""
    chosen = tuple(path(reports.good(host))[0] for host in ("b.example.test", "a.example.test"))
    assert names(chosen) == ["b.example.test-leaf.cer"]


def test_clashing_leaves_are_told_apart() -> None:
    """Two leaves whose names would be the same get their fingerprints into them."""
    first = path(reports.good("a.example:8443"))[0]
    second = replace(path(reports.good("a.example-8443"))[0], certificate=pki().wide)
    assert names((first, second)) == ["a.example-8443-leaf.cer", f"a.example-8443-leaf-{pki().wide.sha256.hex()[:8]}.cer"]


def test_no_bundle_is_lost_to_a_clash() -> None:
    """Three files of the same name and leaf with different chains are three bundles."""
    chains = [path(reports.good(target=None))[:count] for count in (1, 2, 3)]
    chosen = tuple(item for chain in chains for item in _own_report(chain))
    files = export.plan(chosen, Format.BUNDLE)
    assert [len(file.chosen) for file in files] == [1, 2, 3]
    assert len({file.name for file in files}) == 3


def _own_report(chain: tuple[Chosen, ...]) -> tuple[Chosen, ...]:
    report = reports.good(target=None)
    return tuple(replace(item, report=report) for item in chain)


def test_names_do_not_depend_on_when() -> None:
    """The same certificates and targets always give the same files."""
    assert export.plan(path(), Format.DER) == export.plan(path(), Format.DER)


@pytest.mark.parametrize(
    "title",
    ["../../etc/passwd", "", "....", "-rf", "a\nb", "\x1b[31m", "C:\\con", "x" * 5_000, "\u202etxt.exe", "株式会社", "a/b\0c"],
)
def test_hostile_title_makes_a_safe_name(title: str) -> None:
    """Whatever a certificate is called, its file name is short ASCII without separators, and is never an option."""
    (name,) = names((self_signed(mint.name.build(("CN", title))),))
    assert SAFE.fullmatch(name)
    assert len(name) <= 80


def planned(directory: Path) -> list[tuple[Path, ExportFile]]:
    """Return the three files of the path, in a directory."""
    return [(directory / item.name, item) for item in export.plan(path(), Format.DER)]


def test_files_are_written(tmp_path: Path) -> None:
    """Files that are not there are written, with the directory."""
    written = export.write(planned(tmp_path / "a" / "b"), force=False, dry_run=False)
    assert [item.state for item in written] == [State.WRITTEN] * 3
    assert [item.path.read_bytes() for item in written] == [pki().leaf.der, pki().intermediate.der, pki().root.der]


def test_equal_files_stay(tmp_path: Path) -> None:
    """A file that holds the same already is left as it is."""
    (target, _), *_ = planned(tmp_path)
    target.write_bytes(pki().leaf.der)
    before = target.stat()
    written = export.write(planned(tmp_path), force=True, dry_run=False)
    assert [item.state for item in written] == [State.UNCHANGED, State.WRITTEN, State.WRITTEN]
    assert target.stat().st_ino == before.st_ino


def test_nothing_is_written_where_one_file_differs(tmp_path: Path) -> None:
    """One file that holds something else keeps all of them from being written."""
    *_, (target, _) = planned(tmp_path)
    target.write_bytes(b"somebody's")
    with pytest.raises(RefusedError, match="holds something else; nothing was written"):
        export.write(planned(tmp_path), force=False, dry_run=False)
    assert [item.name for item in tmp_path.iterdir()] == [target.name]
    assert target.read_bytes() == b"somebody's"


def test_force_replaces(tmp_path: Path) -> None:
    """A person may have a differing file replaced."""
    *_, (target, _) = planned(tmp_path)
    target.write_bytes(b"somebody's")
    written = export.write(planned(tmp_path), force=True, dry_run=False)
    assert [item.state for item in written] == [State.WRITTEN, State.WRITTEN, State.REPLACED]
    assert target.read_bytes() == pki().root.der


@pytest.mark.parametrize("force", [False, True])
def test_dry_run_writes_nothing(tmp_path: Path, *, force: bool) -> None:
    """A dry run says what would be written and makes no file and no directory."""
    written = export.write(planned(tmp_path / "new"), force=force, dry_run=True)
    assert [item.state for item in written] == [State.PLANNED] * 3
    assert not list(tmp_path.iterdir())


def test_dry_run_refuses_what_would_be_refused(tmp_path: Path) -> None:
    """A dry run meets the same refusal as the run itself."""
    (target, _), *_ = planned(tmp_path)
    target.write_bytes(b"somebody's")
    with pytest.raises(RefusedError):
        export.write(planned(tmp_path), force=False, dry_run=True)


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize(
    "make",
    [Path.mkdir, os.mkfifo, lambda path: path.symlink_to("/"), lambda path: path.symlink_to(path)],
    ids=["directory", "FIFO", "link to a directory", "link to itself"],
)
def test_what_is_no_file_stands_in_the_way(make: object, tmp_path: Path, *, force: bool) -> None:
    """A directory or a FIFO under a file's name is an error before anything is written, whatever is forced."""
    *_, (target, _) = planned(tmp_path)
    make(target)
    with pytest.raises(FileError):
        export.write(planned(tmp_path), force=force, dry_run=False)
    assert [item.name for item in tmp_path.iterdir()] == [target.name]


def test_link_stays_a_link(tmp_path: Path) -> None:
    """Through a symbolic link the file it leads to is compared and replaced."""
    (link, _), *_ = planned(tmp_path)
    target = tmp_path / "elsewhere"
    target.write_bytes(b"somebody's")
    link.symlink_to(target)
    with pytest.raises(RefusedError):
        export.write(planned(tmp_path), force=False, dry_run=False)
    export.write(planned(tmp_path), force=True, dry_run=False)
    assert link.is_symlink()
    assert target.read_bytes() == pki().leaf.der


def test_broken_link_needs_force(tmp_path: Path) -> None:
    """A link that leads nowhere is something that is there, so it is not written through unasked."""
    (link, _), *_ = planned(tmp_path)
    link.symlink_to(tmp_path / "nowhere")
    with pytest.raises(RefusedError):
        export.write(planned(tmp_path), force=False, dry_run=False)
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize("force", [False, True])
def test_file_that_appears_meanwhile_is_not_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, force: bool) -> None:
    """A file that another program puts there after all were looked at stays, whatever is forced: nobody has seen it."""
    *_, (target, _) = planned(tmp_path)
    make_directory = replacement.make_directory

    def appear(path: Path) -> None:
        target.write_bytes(b"somebody's")
        make_directory(path)

    monkeypatch.setattr(replacement, "make_directory", appear)
    with pytest.raises(RefusedError, match="meanwhile"):
        export.write(planned(tmp_path), force=force, dry_run=False)
    assert target.read_bytes() == b"somebody's"


def test_file_in_the_place_of_the_directory_is_an_error(tmp_path: Path) -> None:
    """A directory that cannot be made is said as an error of ours."""
    (tmp_path / "out").write_bytes(b"")
    with pytest.raises(FileError):
        export.write(planned(tmp_path / "out"), force=False, dry_run=False)


def test_together_keeps_one_target_as_it_was_chosen() -> None:
    """What one server sent twice is twice in the one file; what two targets share is there once."""
    one = path()[:1]
    assert len(export.together(one + one)) == 2
    assert len(export.together(one + path(reports.good("other.example.test"))[:1])) == 1


@pytest.mark.parametrize(
    ("out", "directory"), [("made", True), ("made.d/", True), ("made.pem", False), ("there.d", True), ("it", False)]
)
def test_place_is_a_directory_or_a_file(out: str, tmp_path: Path, *, directory: bool) -> None:
    """A directory is one that is there, ends with a separator, or has no suffix and is not there; all else is one file."""
    (tmp_path / "there.d").mkdir()
    (tmp_path / "it").touch()
    place = f"{tmp_path}/{out}"
    laid = export.lay_out(path(), Format.PEM, out=place)
    assert (len(laid), {item.parent if directory else item for item, _ in laid}) == (3 if directory else 1, {Path(place)})


def test_der_of_several_has_no_place_in_one_file(tmp_path: Path) -> None:
    """Several certificates in one DER file are refused before anything is written."""
    with pytest.raises(UsageError, match="DER holds one"):
        export.lay_out(path(), Format.DER, out=str(tmp_path / "one.cer"))
