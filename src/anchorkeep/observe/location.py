"""
URLs in certificates and redirects: read strictly, so that what is checked is what is asked.

Programs read odd URLs differently (`http://a@b`, `http://127.1`, backslashes, line ends), and attackers live in the difference.
Here an odd URL is no URL, and what is sent later is put together from the checked parts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from anchorkeep.errors import InputError, UsageError
from anchorkeep.model.endpoint import Address
from anchorkeep.text import visible

#: Characters of a URL; those in certificates stay below 200.
MAX_URL = 2048
_PORTS = {"http": 80, "https": 443}
# The characters of RFC 3986 §2 without brackets around the host, which are looked at with it.
_CHARACTERS = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+")
_SHOWN = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """
    Where something is to be had over HTTP.

    Attributes:
        scheme: `http` or `https`.
        address: host, lower case in A-labels or an IP address in its usual form, and port.
        target: path and query as they are sent, ASCII, beginning with `/` (RFC 9112 §3.2.1).
    """

    scheme: str
    address: Address
    target: str

    @classmethod
    def parse(cls, text: str) -> Location:
        """
        Read a URL; a fragment is dropped.

        Raises:
            InputError: it is too long, odd, neither http nor https, or carries a user name.
        """
        if len(text) > MAX_URL:
            raise InputError(f"The URL is {len(text):,} characters long; at most {MAX_URL:,} are read.")
        if not _CHARACTERS.fullmatch(text):
            raise InputError("The URL holds characters that no URL may hold.")
        try:
            url = urlsplit(text)
            port = url.port
        except ValueError as error:
            raise InputError(f"It is no URL: {visible(str(error), limit=_SHOWN)}.") from None
        if url.scheme not in _PORTS:
            raise InputError(f"The scheme '{visible(url.scheme, limit=20)}' is not asked, http and https are.")
        if port == 0:
            raise InputError("The URL names port 0.")
        if "@" in url.netloc:
            raise InputError("The URL carries a user name or a password.")
        host = url.netloc.rpartition(":")[0] if port is not None or url.netloc.endswith(":") else url.netloc
        if not host or "%" in host:
            raise InputError("The URL names no host, or an encoded one.")
        try:
            address = Address.parse(host, default_port=_PORTS[url.scheme] if port is None else port)
        except UsageError as error:
            raise InputError(error.message) from None
        target = (url.path or "/") + (f"?{url.query}" if url.query else "")
        return cls(scheme=url.scheme, address=address, target=target)

    def follow(self, reference: str) -> Location:
        """
        Return where a redirect leads (RFC 9110 §10.2.2).

        Raises:
            InputError: as `parse`.
        """
        if len(reference) > MAX_URL or not _CHARACTERS.fullmatch(reference):
            raise InputError("The redirect's target is no URL.")
        try:
            joined = urljoin(str(self), reference)
        except ValueError:
            raise InputError("The redirect's target is no URL.") from None
        return type(self).parse(joined)

    @property
    def authority(self) -> str:
        """The value of the Host field (RFC 9110 §7.2): the port where it is not the scheme's own, IPv6 in brackets."""
        if self.address.port != _PORTS[self.scheme]:
            return str(self.address)
        return f"[{self.address.host}]" if ":" in self.address.host else self.address.host

    def __str__(self) -> str:
        """Return the URL in its usual form, which is what a cache goes by."""
        return f"{self.scheme}://{self.authority}{self.target}"
