"""
TLS inside another protocol: what is said before the handshake, for every protocol that asks for TLS in clear.

`PROTOCOLS` is the table; an `Opening` drives one of its dialogues. Neither knows a socket. Nothing is sent but what asks for TLS:
no user, no password, no cookie; the name that the server is asked for only in XMPP, where it chooses the certificate.

A `Failure` of the stage STARTTLS has one of these reasons: `starttls-not-offered`, `starttls-refused`, `starttls-protocol-error`,
`service-unavailable`, `wrong-protocol`, `response-injection`, `too-much-data`, `closed`, `reset`, `timeout`.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from anchorkeep.observe.starttls import database, irc, ldap, mailbox, mssql, rdp, replies, xmpp
from anchorkeep.observe.starttls.dialogue import Protocol
from anchorkeep.observe.starttls.opening import Opening

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Every protocol by its name, in the order in which they are listed to a person.
PROTOCOLS: Mapping[str, Protocol] = MappingProxyType(
    {
        protocol.name: protocol
        for protocol in (
            Protocol(name="smtp", title="SMTP", port=25, dialogue=replies.smtp),
            Protocol(name="lmtp", title="LMTP", port=24, dialogue=replies.lmtp),
            Protocol(name="imap", title="IMAP", port=143, dialogue=mailbox.imap),
            Protocol(name="pop3", title="POP3", port=110, dialogue=mailbox.pop3),
            Protocol(name="ftp", title="FTP", port=21, dialogue=replies.ftp),
            Protocol(name="ldap", title="LDAP", port=389, dialogue=ldap.ldap, server_first=False),
            Protocol(name="xmpp-client", title="XMPP", port=5222, dialogue=xmpp.client, server_first=False),
            Protocol(name="xmpp-server", title="XMPP", port=5269, dialogue=xmpp.server, server_first=False),
            Protocol(name="nntp", title="NNTP", port=119, dialogue=replies.nntp),
            Protocol(name="sieve", title="ManageSieve", port=4190, dialogue=mailbox.sieve),
            Protocol(name="irc", title="IRC", port=6667, dialogue=irc.irc, server_first=False),
            Protocol(name="postgres", title="PostgreSQL", port=5432, dialogue=database.postgres, server_first=False),
            Protocol(name="mysql", title="MySQL", port=3306, dialogue=database.mysql),
            Protocol(name="mssql", title="TDS", port=1433, dialogue=mssql.mssql, framing=mssql.TDSFraming, server_first=False),
            Protocol(name="rdp", title="RDP", port=3389, dialogue=rdp.rdp, server_first=False),
        )
    }
)
# Further ports on which a protocol begins in clear: submission (RFC 6409 §3.1), the global catalog of Active Directory, and those
# that RFC 7194 §1 names for IRC.
_FURTHER_PORTS = {587: "smtp", 3268: "ldap", 6665: "irc", 6666: "irc", 6668: "irc", 6669: "irc"}
_BY_PORT = {**{protocol.port: name for name, protocol in PROTOCOLS.items()}, **_FURTHER_PORTS}


def for_port(port: int) -> str | None:
    """Return the name of the protocol that usually asks for TLS on a TCP port, None where TLS comes first or nobody knows."""
    return _BY_PORT.get(port)


__all__ = ["PROTOCOLS", "Opening", "Protocol", "for_port"]
