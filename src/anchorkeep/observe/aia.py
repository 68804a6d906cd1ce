"""
Fetch the issuers that certificates name (authorityInfoAccess with caIssuers, RFC 5280 §4.2.2.1).

What is fetched is a candidate and nothing else: whether it issued the certificate, a signature tells, and whether it is trusted,
a pool that was known beforehand.

Rules kept here:
- a chain has an allowance of requests, redirects included; what the cache answers counts as well, so that a verdict does not
  depend on what was looked at before;
- each URL is asked once a run, failures included, however many chains name it at the same time.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from anchorkeep import formats
from anchorkeep.errors import AnchorkeepError, CertificateError, InputError, TLVError
from anchorkeep.model import extension, oid
from anchorkeep.model.retrieval import Retrieval
from anchorkeep.observe import fetch
from anchorkeep.observe.address_policy import Policy
from anchorkeep.observe.fetch import Body, Redirect, Refusal
from anchorkeep.observe.location import Location
from anchorkeep.observe.resolve import Resolver, system_resolver

if TYPE_CHECKING:
    from collections.abc import Callable

    from anchorkeep.model.certificate import Certificate
    from anchorkeep.observe.approach import Proxy
    from anchorkeep.observe.fetch import Answer

#: Requests for one chain. A chain needs one a certificate, and one more where a CA has moved its files.
MAX_FETCHES = 8
#: URLs of one certificate that are asked; CAs name one, some name one each for HTTP and LDAP.
MAX_URLS = 4
#: Certificates of one answer; the largest collections of cross-certificates in use hold about 20.
MAX_CERTIFICATES = 50
#: Answers kept in a run: 32 MiB if each were as large as it may be, and more CAs than any list of hosts names.
MAX_CACHED = 512
_FORMATS = frozenset({"der", "pem", "pkcs7"})


@dataclass(slots=True)
class Allowance:
    """The requests that one chain may still cause."""

    left: int = MAX_FETCHES


Route: TypeAlias = "Callable[[Location], Proxy | None]"


class Retriever:
    """
    Fetches issuers for one run, and remembers what it was answered.

    Attributes:
        policy: the addresses and ports that are allowed.
        allow_proxy: whether a proxy may be asked, which resolves names itself, so that their addresses are not checked.
    """

    def __init__(
        self,
        policy: Policy | None = None,
        *,
        allow_proxy: bool = False,
        route: Route | None = None,
        resolver: Resolver = system_resolver,
    ) -> None:
        """
        Keep what is allowed; nothing is asked yet.

        Args:
            policy: the addresses and ports that are allowed, None for the internet's and those of HTTP.
            allow_proxy: whether a proxy may be asked.
            route: gives the proxy that leads to a URL, None for none; None where there are no proxies.
            resolver: blocking look-up of names.
        """
        self.policy = policy or Policy()
        self.allow_proxy = allow_proxy
        self._route = route
        self._resolver = resolver
        self._answers: dict[tuple[Proxy | None, str], asyncio.Task[Answer]] = {}

    async def retrieve(
        self, certificate: Certificate, url: str, *, allowance: Allowance, proxy: Proxy | None = None
    ) -> Retrieval:
        """
        Ask for the certificates at a URL that a certificate names, redirects followed, and return them as candidates.

        Args:
            certificate: the certificate whose issuer is looked for.
            url: a URL of its `locations`.
            allowance: what its chain may still ask; it becomes less.
            proxy: the proxy through which the chain came, None where it came directly; the route's comes before it.
        """
        found: tuple[Certificate, ...] | Refusal
        try:
            answer = await self._follow(Location.parse(url), allowance, proxy)
            found = _read(answer.data) if isinstance(answer, Body) else answer
        except InputError as error:
            found = Refusal(reason="url-refused", message=error.message)
        if isinstance(found, Refusal):
            return Retrieval(certificate=certificate, url=url, reason=found.reason, message=found.message)
        return Retrieval(certificate=certificate, url=url, certificates=found)

    async def _follow(self, location: Location, allowance: Allowance, otherwise: Proxy | None) -> Body | Refusal:
        while allowance.left > 0:
            proxy = (self._route(location) if self._route else None) or otherwise
            if proxy is not None and not self.allow_proxy:
                message = "Through a proxy the address cannot be checked; --aia-proxy asks nevertheless."
                return Refusal(reason="through-proxy", message=message)
            allowance.left -= 1
            answer = await self._ask(location, proxy)
            if not isinstance(answer, Redirect):
                return answer
            if location.scheme == "https" and answer.location.scheme == "http":
                return Refusal(reason="url-refused", message="It redirects from https to http.")
            location = answer.location
        return Refusal(reason="too-many-fetches", message=f"A chain may cause {MAX_FETCHES} requests, and they are used up.")

    async def _ask(self, location: Location, proxy: Proxy | None) -> Answer:
        key = (proxy, str(location))
        task = self._answers.get(key)
        if task is None:
            request = fetch.get(location, policy=self.policy, resolver=self._resolver, proxy=proxy)
            task = self._answers[key] = asyncio.create_task(request)
            while len(self._answers) > MAX_CACHED:
                del self._answers[next(iter(self._answers))]
        # Another chain may wait for the same answer: that this one gives up must not end the request.
        return await asyncio.shield(task)


def locations(certificate: Certificate) -> tuple[str, ...]:
    """
    Return the URLs at which a certificate's issuer is to be had over HTTP, in its order, at most `MAX_URLS`.

    Other schemes (ldap, file, ftp) are passed over, and so is an extension that cannot be read.
    """
    try:
        found = certificate.extension(oid.AUTHORITY_INFORMATION_ACCESS)
        described = extension.access_descriptions(found.value) if found else ()
    except (CertificateError, TLVError):
        return ()
    urls = [
        name.value
        for method, name in described
        if method == oid.CA_ISSUERS and name.kind == "URI" and name.value[:8].lower().startswith(("http://", "https://"))
    ]
    return tuple(dict.fromkeys(urls))[:MAX_URLS]


def _read(data: bytes) -> tuple[Certificate, ...] | Refusal:
    """Read DER, PEM or PKCS#7 by its content (RFC 5280 §4.2.2.1 wants DER or PKCS#7; servers have PEM too)."""
    if formats.detect(data) not in _FORMATS:
        return Refusal(reason="no-certificate", message="The answer is no certificate in DER or PEM, and no PKCS#7.")
    try:
        found = formats.loads(data, name="the answer").certificates
    except AnchorkeepError as error:
        return Refusal(reason="no-certificate", message=error.message)
    if not found:
        return Refusal(reason="no-certificate", message="The answer holds no certificate.")
    return found[:MAX_CERTIFICATES]
