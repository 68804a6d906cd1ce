import pytest

from tests.peers.dialogues import failure, is_open, play, reason


@pytest.mark.parametrize(
    "line",
    [
        ":irc.example.com 670 kaniini :STARTTLS successful, proceed with TLS handshake",
        "670 * :go",
        "@time=2026-01-01T00:00:00Z :irc.example.com 670 * :go",
    ],
)
def test_go_ahead_of_the_specification(line: str) -> None:
    """The numeric 670 that IRCv3's `tls` prints, with a prefix, with tags or alone, lets TLS begin."""
    assert is_open(play("irc", f"C: CAP LS\nC: STARTTLS\nS: {line}"))


def test_talk_before_the_answer() -> None:
    """Notices may come before the answer, and a PING is answered (RFC 2812 §3.7.2)."""
    script = """
        C: CAP LS
        C: STARTTLS
        S: :irc.test NOTICE * :*** Looking up your hostname...
        S: PING :cookie
        C: PONG :cookie
        S: :irc.test CAP * LS :multi-prefix tls
        S: :irc.test 020 * :Please wait while we process your connection.
        S: :irc.test 670 * :go
    """
    assert is_open(play("irc", script))


def test_server_without_capabilities() -> None:
    """A server that does not know CAP may know STARTTLS."""
    assert is_open(play("irc", "C: CAP LS\nC: STARTTLS\nS: :irc.test 421 * CAP :Unknown command\nS: :irc.test 670 * :go"))


def test_error_of_the_specification() -> None:
    """The numeric 691 that IRCv3's `tls` prints is a refusal, with the server's words."""
    found = failure("irc", "C: CAP LS\nC: STARTTLS\nS: :irc.example.com 691 kaniini :STARTTLS failed (Wrong moon phase)")
    assert (found.reason, "Wrong moon phase" in found.message) == ("starttls-refused", True)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (":irc.test 421 * STARTTLS :Unknown command", "starttls-not-offered"),
        (":irc.test CAP * LS :multi-prefix sasl", "starttls-not-offered"),
        (":irc.test CAP * LS :", "starttls-not-offered"),
        (":irc.test 451 STARTTLS :You have not registered", "starttls-not-offered"),
        ("ERROR :Closing Link: too many connections", "service-unavailable"),
        ("hello there", "starttls-protocol-error"),
        ("", "starttls-protocol-error"),
        (":", "starttls-protocol-error"),
    ],
)
def test_refusals(line: str, expected: str) -> None:
    """Every way in which an IRC server declines has its reason."""
    script = f"C: CAP LS\nC: STARTTLS\nS: {line}" if line else "C: CAP LS\nC: STARTTLS\nS:"
    assert reason("irc", script) == expected
