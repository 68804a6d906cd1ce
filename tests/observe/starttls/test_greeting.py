import pytest

from anchorkeep.observe.starttls import PROTOCOLS, greeting


@pytest.mark.parametrize(
    ("data", "names"),
    [
        (b"220 mail.test ESMTP\r\n", {"smtp", "lmtp", "ftp"}),
        (b"* PREAUTH hi\r\n", {"imap"}),
        (b"+ok\r\n", {"pop3"}),
        (b'"IMPLEMENTATION" "x"\r\n', {"sieve"}),
        (b"201 news\r\n", {"nntp"}),
        (b":irc.test NOTICE * :hi\r\n", {"irc"}),
        (b"<?xml version='1.0'?>", {"xmpp-client", "xmpp-server"}),
        (b"J\0\0\0\x0a8.0.36\0", {"mysql"}),
        (b"SSH-2.0-x", set()),
        (b"\x16\x03\x03", set()),
    ],
)
def test_protocols_are_known_by_their_beginning(data: bytes, names: set[str]) -> None:
    """A server's first bytes tell which of our protocols it may speak, if any."""
    found = greeting.recognize(data)
    assert found is not None
    assert found.names == names
    assert found.names <= set(PROTOCOLS)


@pytest.mark.parametrize("data", [b"", b"2", b"hello", b"\0\0\0\0", bytes(range(128, 200))])
def test_nothing_is_guessed(data: bytes) -> None:
    """Bytes that begin nothing known are not named."""
    assert greeting.recognize(data) is None
