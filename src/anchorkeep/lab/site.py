"""
The lab's site: its environments, host names and what its services answer, after the pattern of FlexNet Operations.

The names lie under `.test`, which no registry gives away (RFC 6761 §6.2): a lab's root that gets out harms nobody.
"""

from __future__ import annotations

from anchorkeep.errors import UsageError
from anchorkeep.mint import NameConstraints
from anchorkeep.text import visible

SITE = "acme"
DOMAIN = "flexnetoperations.test"
UAT, PRODUCTION = "uat", "production"
ENVIRONMENTS = (UAT, PRODUCTION)
LOOPBACK = "127.0.0.1"
#: Other addresses of this machine at which every service listens too, where the system has them: nodes of one service.
OTHER_ADDRESSES = ("127.0.0.2", "::1")
#: What the lab's root may vouch for: its own names, and addresses that never leave the machine.
CONSTRAINTS = NameConstraints(permitted_dns=(DOMAIN,), permitted_ip=("127.0.0.0/8",))

#: Ping paths that are documented for monitoring: of the portals, of the licence services and of the notification service.
PORTAL_PATHS = ("/flexnet/operationsportal/deviceservices/ping", "/flexnet/operations/deviceservices/ping")
COMPLIANCE_PATHS = ("/deviceservices/ping", "/api/1.0/instances/ping")
NOTIFICATION_PATHS = ("/ping",)


def hosts(environment: str) -> tuple[str, str]:
    """Return the portal's and the compliance host of an environment, which are its endpoints."""
    suffix = "-uat" if environment == UAT else ""
    return f"{SITE}{suffix}.{DOMAIN}", f"{SITE}{suffix}.compliance.{DOMAIN}"


def names(environment: str) -> tuple[str, str, str]:
    """Return every name of an environment, which its certificate is for: portal, compliance host and notification service."""
    suffix = "-uat" if environment == UAT else ""
    return *hosts(environment), f"{SITE}-ns{suffix}.{DOMAIN}"


def select(names: tuple[str, ...]) -> tuple[str, ...]:
    """
    Return the environments named, all of them where none is named, in the lab's order.

    Raises:
        UsageError: the lab has no environment of that name.
    """
    for name in names:
        if name not in ENVIRONMENTS:
            message = f"The lab has no environment '{visible(name)}'."
            raise UsageError(message, remedy=f"Known are {' and '.join(ENVIRONMENTS)}.")
    return tuple(name for name in ENVIRONMENTS if name in names or not names)


def respond(request: bytes) -> bytes | None:
    """
    Answer one HTTP/1.1 request: 200 at a ping path of the host it names, else 404; None while its head is not whole.

    Asked by address instead of by name, every ping path is there.
    """
    head, end, _ = request.partition(b"\r\n\r\n")
    if not end:
        return None
    first, *fields = head.decode("latin-1").split("\r\n")
    method, _, rest = first.partition(" ")
    target, _, version = rest.rpartition(" ")
    if not version.startswith("HTTP/1."):
        return _answer("400 Bad Request", "Expected an HTTP/1.1 request.\n")
    if method not in {"GET", "HEAD"}:
        return _answer("405 Method Not Allowed", "Expected GET or HEAD.\n")
    if target.partition("?")[0] in _paths(_host(fields)):
        return _answer("200 OK", "OK\n", is_head=method == "HEAD")
    return _answer("404 Not Found", "Nothing here.\n", is_head=method == "HEAD")


def _host(fields: list[str]) -> str:
    for field in fields:
        name, _, value = field.partition(":")
        if name.strip().lower() == "host":
            return value.strip().partition(":")[0].lower()
    return ""


def _paths(host: str) -> tuple[str, ...]:
    for environment in ENVIRONMENTS:
        by_name = dict(zip(names(environment), (PORTAL_PATHS, COMPLIANCE_PATHS, NOTIFICATION_PATHS), strict=True))
        if host in by_name:
            return by_name[host]
    return PORTAL_PATHS + COMPLIANCE_PATHS + NOTIFICATION_PATHS if host.startswith("127.") or host in {"", "localhost"} else ()


def _answer(status: str, body: str, *, is_head: bool = False) -> bytes:
    head = (
        f"HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {len(body)}\r\n"
        "Connection: close\r\n\r\n"
    )
    return (head if is_head else head + body).encode()
