"""The question for a fingerprint: nothing but its digits is an answer, and nothing of it is told before."""

import pytest

from anchorkeep.cli import question, render, vouching
from anchorkeep.lab import hostile
from anchorkeep.model.certificate import Certificate
from tests.peers.reports import pki


def asked(certificate: Certificate, *answers: str, monkeypatch: pytest.MonkeyPatch) -> tuple[bool, list[str]]:
    """Answer the question; return whether that vouched for the certificate, and what was asked."""
    left, messages = list(answers), list[str]()

    def line(message: str) -> str:
        messages.append(message)
        return left.pop(0)

    monkeypatch.setattr(question, "line", line)
    render.forget_streams()
    return vouching.is_vouched(certificate, "nobody vouches for it."), messages


@pytest.mark.parametrize("count", [8, 9, 64])
def test_first_digits_vouch(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Eight digits or more, in whatever case and with colons, are a person's word."""
    digits = pki().root.sha256.hex().upper()[:count]
    pairs = ":".join(digits[index : index + 2] for index in range(0, count, 2))
    assert asked(pki().root, digits, monkeypatch=monkeypatch)[0]
    assert asked(pki().root, pairs, monkeypatch=monkeypatch)[0]


@pytest.mark.parametrize("wrong", ["y", "yes", "00000000", "0", "*"])
def test_nothing_else_vouches(wrong: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """`y`, too few digits and another certificate's are asked again, three times in all; Enter ends it at once."""
    is_vouched, messages = asked(pki().root, wrong, pki().root.sha256.hex()[:7], pki().leaf.sha256.hex(), monkeypatch=monkeypatch)
    assert (is_vouched, len(messages)) == (False, 3)
    assert asked(pki().root, "", monkeypatch=monkeypatch) == (False, messages[:1])


def test_hostile_name_comes_escaped_and_without_digits(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What a hostile certificate is called reaches the terminal escaped, never the question, and its fingerprint not at all."""
    certificate = pki().hostile
    _, (message,) = asked(certificate, "", monkeypatch=monkeypatch)
    shown = "".join(capsys.readouterr())
    assert message == "First 8 digits of it (none: refuse):"
    assert not ({character for character in hostile.COMMON_NAME if not character.isprintable()} - {"\n"}) & set(shown)
    assert certificate.sha256.hex()[:8] not in shown
