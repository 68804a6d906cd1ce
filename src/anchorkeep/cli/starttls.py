"""What `--starttls`, the key `starttls` and the scheme of a URL say about TLS inside another protocol."""

from __future__ import annotations

from dataclasses import replace

from anchorkeep.errors import UsageError
from anchorkeep.model.endpoint import DEFAULT_PORT, Endpoint
from anchorkeep.text import visible

#: Takes the protocol from the port.
AUTO = "auto"
#: Schemes of services with TLS from the first byte, and the port where none is named: IANA's, RFC 8314 §7 for mail.
DIRECT_SCHEMES = {
    "https": 443,
    "wss": 443,
    "tls": 443,
    "smtps": 465,
    "nntps": 563,
    "ldaps": 636,
    "ftps": 990,
    "imaps": 993,
    "pop3s": 995,
    "ircs": 6697,
}
#: Schemes of services in which TLS is asked for, and the protocol in which it is.
STARTTLS_SCHEMES = {
    "smtp": "smtp",
    "lmtp": "lmtp",
    "imap": "imap",
    "pop3": "pop3",
    "ftp": "ftp",
    "ldap": "ldap",
    "xmpp": "xmpp-client",
    "nntp": "nntp",
    "sieve": "sieve",
    "irc": "irc",
    "postgres": "postgres",
    "postgresql": "postgres",
    "mysql": "mysql",
    "mssql": "mssql",
    "rdp": "rdp",
}


def endpoint(
    text: str,
    *,
    connect: str | None = None,
    server_name: str | None = None,
    protocol: str | None = None,
    default_port: int | None = None,
) -> Endpoint:
    """
    Read `host[:port]` of a service, with TLS asked for in `protocol` first; `auto` takes it from the port, None asks for nothing.

    Without a port it is `default_port`, else the protocol's own, else 443.

    Raises:
        UsageError: one of them cannot be read, or no such protocol is known.
    """
    if protocol is None:
        return Endpoint.parse(text, default_port=default_port or DEFAULT_PORT, connect=connect, server_name=server_name)
    from anchorkeep.observe.starttls import PROTOCOLS, for_port

    name = protocol.lower()
    if name == AUTO:
        found = Endpoint.parse(text, default_port=default_port or DEFAULT_PORT, connect=connect, server_name=server_name)
        return replace(found, starttls=for_port(found.port))
    if name not in PROTOCOLS:
        message = f"TLS cannot be asked for in '{visible(protocol)}'."
        raise UsageError(message, remedy=f"Known are {AUTO}, {', '.join(PROTOCOLS)}.")
    port = default_port or PROTOCOLS[name].port
    return Endpoint.parse(text, default_port=port, connect=connect, server_name=server_name, starttls=name)
