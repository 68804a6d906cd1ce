from anchorkeep.observe.starttls import PROTOCOLS, Opening, for_port
from tests.peers.dialogues import HOST


def test_table_is_whole() -> None:
    """Every protocol that is promised is in the table under its name."""
    assert set(PROTOCOLS) == {
        *("smtp", "lmtp", "imap", "pop3", "ftp", "ldap", "xmpp-client", "xmpp-server"),
        *("nntp", "sieve", "irc", "postgres", "mysql", "mssql", "rdp"),
    }
    assert all(protocol.name == name for name, protocol in PROTOCOLS.items())


def test_ports_name_their_protocol() -> None:
    """`auto` goes by the well-known port; one on which TLS comes first, or that nobody knows, has none."""
    assert [for_port(port) for port in (25, 587, 143, 5432, 3389)] == ["smtp", "smtp", "imap", "postgres", "rdp"]
    assert [for_port(port) for port in (443, 465, 636, 993, 8443)] == [None] * 5
    assert all(for_port(protocol.port) == name for name, protocol in PROTOCOLS.items())


def test_who_speaks_first() -> None:
    """The client speaks first in exactly those protocols in which the table says so."""
    assert all(bool(Opening(protocol, HOST).start()) is not protocol.server_first for protocol in PROTOCOLS.values())
