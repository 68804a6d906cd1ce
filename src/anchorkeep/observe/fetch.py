"""
One HTTP request for a URL that a stranger named: to an address that was checked, bounded in size and time, and nothing more.

Rules kept here:
- a name is resolved once, and the connection goes to the very address that was checked; a name that has but one refused address
  is refused, since who mixes them means no good;
- a redirect is an answer: whoever asks checks and counts where it leads;
- no cookie, credential or Referer is sent, and nothing is kept from one request to the next;
- content encodings are not decoded, so that nothing grows;
- through a proxy, which does the resolving, only addresses that stand in the URL can be checked.
"""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

from anchorkeep.errors import InputError
from anchorkeep.model.endpoint import as_ip_address
from anchorkeep.observe.approach import ProxyKind
from anchorkeep.observe.location import Location
from anchorkeep.observe.resolve import MAX_ADDRESSES, Resolver, resolve
from anchorkeep.text import visible

if TYPE_CHECKING:
    import httpx

    from anchorkeep.observe.address_policy import Policy
    from anchorkeep.observe.approach import Proxy

#: Bytes of an answer. A certificate has 1 to 3 KB, the largest collections of CAs in use about 20 KB.
MAX_BYTES = 64 * 1024
#: Seconds for one request in all, resolving included; a CA's server answers within one.
MAX_SECONDS = 5.0
#: Addresses of one name that are tried, and seconds for a connection to each, so that a dead one leaves time for the next.
_TRIED = 3
_CONNECT_SECONDS = 2.0
_OK = 200
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_HEADERS = {
    # RFC 5280 §4.2.2.1 names both; servers send others, so that the content decides.
    "Accept": "application/pkix-cert, application/pkcs7-mime, */*;q=0.5",
    "Accept-Encoding": "identity",
    "Connection": "close",
    "User-Agent": "anchorkeep",
}


@dataclass(frozen=True, slots=True)
class Body:
    """The bytes of an answer, at most `MAX_BYTES`."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Redirect:
    """Where the server says it is to be had instead; nothing about it is checked but that it can be read."""

    location: Location


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """
    Why there is no answer.

    Attributes:
        reason: stable, lower case with hyphens: `timeout`, `address-refused`, `too-large`, ...
        message: a sentence; safe to print.
    """

    reason: str
    message: str


Answer: TypeAlias = Body | Redirect | Refusal


async def get(location: Location, *, policy: Policy, resolver: Resolver, proxy: Proxy | None = None) -> Answer:
    """
    Ask for a URL and return what came; a failure is an answer.

    Args:
        location: what to ask for.
        policy: the addresses and ports that are allowed.
        resolver: blocking look-up of names; not asked through a proxy.
        proxy: an HTTP proxy to ask through, None to ask directly.
    """
    if location.address.port not in policy.ports:
        allowed = ", ".join(map(str, sorted(policy.ports)))
        return Refusal(reason="port-refused", message=f"Port {location.address.port} is not asked, only {allowed}.")
    try:
        async with asyncio.timeout(MAX_SECONDS):
            hosts = await _checked(location, policy, resolver, is_proxied=proxy is not None)
            return hosts if isinstance(hosts, Refusal) else await _ask(location, hosts, proxy)
    except TimeoutError:
        return Refusal(reason="timeout", message=f"The answer was not complete after {MAX_SECONDS:g} s.")


async def _checked(location: Location, policy: Policy, resolver: Resolver, *, is_proxied: bool) -> tuple[str, ...] | Refusal:
    """Return the hosts to connect to: addresses all of which are allowed, or the name where a proxy resolves it."""
    host = location.address.host
    if is_proxied and as_ip_address(host) is None:
        return (host,)
    try:
        found = await resolve(location.address, resolver)
    except (OSError, UnicodeError):
        found = ()
    if not found:
        return Refusal(reason="name-not-found", message=f"The resolver knows no address of {visible(host)}.")
    for candidate in found[:MAX_ADDRESSES]:
        address = as_ip_address(candidate.address.host)
        refused = policy.refusal(address) if address else f"{visible(candidate.address.host)} is no IP address"
        if refused:
            return Refusal(reason="address-refused", message=f"It leads to an address that is not asked: {refused}.")
    return tuple(candidate.address.host for candidate in found[:_TRIED])


async def _ask(location: Location, hosts: tuple[str, ...], proxy: Proxy | None) -> Answer:
    import httpx

    if proxy is not None and proxy.kind is not ProxyKind.HTTP:
        return Refusal(
            reason="proxy-unsupported", message="Issuers are fetched directly or through an HTTP proxy, not through SOCKS."
        )
    answer: Answer = Refusal(reason="unreachable", message="No address was tried.")
    for host in hosts:
        try:
            return await _exchange(location, host, proxy)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            answer = _unreachable(error)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return Refusal(reason="protocol-error", message=f"The server does not keep to HTTP ({type(error).__name__}).")
    return answer


async def _exchange(location: Location, host: str, proxy: Proxy | None) -> Answer:
    """Send one request to one address, and read the answer as far as it is wanted."""
    import httpx

    url = httpx.URL(scheme=location.scheme, host=host, port=location.address.port, raw_path=location.target.encode("ascii"))
    timeout = httpx.Timeout(MAX_SECONDS, connect=_CONNECT_SECONDS)
    options: dict[str, Any] = {"verify": _tls_context(), "trust_env": False, "follow_redirects": False, "timeout": timeout}
    if proxy is not None:
        options["proxy"] = _proxy(proxy)
    async with httpx.AsyncClient(**options) as client:
        request = client.build_request(
            "GET",
            url,
            headers=_HEADERS | {"Host": location.authority},
            # What server_name names and the certificate must be for, though the connection goes to an address.
            extensions={"sni_hostname": location.address.host},
        )
        response = await client.send(request, stream=True)
        try:
            return await _read(location, response)
        finally:
            await response.aclose()


async def _read(location: Location, response: httpx.Response) -> Answer:
    if response.status_code in _REDIRECTS and "Location" in response.headers:
        try:
            return Redirect(location.follow(response.headers["Location"]))
        except InputError as error:
            return Refusal(reason="url-refused", message=f"It redirects to what cannot be asked: {error.message}")
    if response.status_code != _OK:
        return Refusal(reason="status", message=f"The server answered {response.status_code}.")
    encoding = response.headers.get("Content-Encoding", "identity")
    if encoding.lower() != "identity":
        message = f"The answer is encoded ({visible(encoding, limit=20)}) although that was not asked for."
        return Refusal(reason="encoded", message=message)
    data = b""
    async for piece in response.aiter_raw():
        data += piece
        if len(data) > MAX_BYTES:
            return Refusal(reason="too-large", message=f"The answer is larger than {MAX_BYTES // 1024} KiB.")
    return Body(data)


def _unreachable(error: BaseException) -> Refusal:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            message = "The server's own certificate is not trusted, or TLS failed; issuer URLs should be http (RFC 5280 §8)."
            return Refusal(reason="tls-failed", message=message)
        cause = cause.__cause__ or cause.__context__
    return Refusal(reason="unreachable", message="The server cannot be reached.")


def _proxy(proxy: Proxy) -> httpx.Proxy:
    import httpx

    auth = (proxy.username, proxy.password or "") if proxy.username is not None else None
    return httpx.Proxy(httpx.URL(scheme="http", host=proxy.address.host, port=proxy.address.port), auth=auth)


@cache
def _tls_context() -> ssl.SSLContext:
    """Return a context that verifies against Mozilla's list and reads nothing from the environment."""
    import certifi

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(certifi.where())
    return context
