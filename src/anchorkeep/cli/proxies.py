"""
Through which proxy a service is reached: `--proxy`, then the environment's `proxy` in the settings, then the variables.

Of a variable the lower case wins where both are set, as in curl and Python; what is set and empty is "none". HTTP_PROXY in upper
case is not believed in a CGI program, whose clients could set it (REQUEST_METHOD is there; CVE-2016-5385). No message repeats a
URL, since it may hold a password.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from anchorkeep.errors import UsageError
from anchorkeep.host import file
from anchorkeep.model.endpoint import Address, as_ip_address
from anchorkeep.observe.approach import Proxy, ProxyKind
from anchorkeep.text import visible

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

#: What stands for no proxy.
NONE = "none"
_KINDS = {"http": ProxyKind.HTTP, "socks5": ProxyKind.SOCKS5, "socks5h": ProxyKind.SOCKS5, "socks": ProxyKind.SOCKS5}
#: RFC 1928 §3. HTTP proxies have no port of their own: curl takes 1080, Python 80, and most listen on 3128 or 8080.
_SOCKS_PORT = 1080
_MAX_CREDENTIALS = 4096
_FORMS = "Write it as http://HOST:PORT or socks5://HOST:PORT, or none."


@dataclass(frozen=True, slots=True, kw_only=True)
class Variables:
    """
    What the variables of the environment say about proxies, word for word; read only when it is asked for.

    Attributes:
        https: HTTPS_PROXY, for services with TLS from the first byte.
        http: HTTP_PROXY, for issuers that are fetched over plain HTTP.
        all: ALL_PROXY, for everything that has no variable of its own.
        exempt: NO_PROXY, what is reached directly.
    """

    https: str | None = field(default=None, repr=False)
    http: str | None = field(default=None, repr=False)
    all: str | None = field(default=None, repr=False)
    exempt: str = ""

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Variables:
        """Take them out of an environment."""

        def said(name: str) -> str | None:
            return environment.get(name.lower(), environment.get(name))

        is_cgi = "REQUEST_METHOD" in environment
        return cls(
            https=said("HTTPS_PROXY"),
            http=environment.get("http_proxy") if is_cgi else said("HTTP_PROXY"),
            all=said("ALL_PROXY"),
            exempt=said("NO_PROXY") or "",
        )

    def for_service(self, target: Address, *, starttls: str | None = None) -> Proxy | None:
        """
        Return the proxy for a service, None for a direct connection.

        Raises:
            UsageError: the variable that counts is no proxy's URL.
        """
        return self._for("HTTPS_PROXY", self.https if starttls is None else None, target)

    def for_http(self, target: Address) -> Proxy | None:
        """
        Return the proxy for plain HTTP, None for a direct connection.

        Raises:
            UsageError: the variable that counts is no proxy's URL.
        """
        return self._for("HTTP_PROXY", self.http, target)

    def _for(self, name: str, text: str | None, target: Address) -> Proxy | None:
        if text is None:
            name, text = "ALL_PROXY", self.all
        if not text or is_exempt(target, self.exempt):
            return None
        return parse(text, where=f"The variable {name}")


def parse(text: str, *, where: str) -> Proxy | None:
    """
    Read a proxy's URL, or HOST:PORT of an HTTP proxy, with credentials where it has them; None for `none`.

    Args:
        text: `http://user:password@proxy.example:3128`; user name and password may be percent-encoded.
        where: what to call it at the beginning of a message.

    Raises:
        UsageError: it is none, or of a kind that is not spoken.
    """
    if text.strip().lower() == NONE:
        return None
    try:
        url = urlsplit(text.strip() if "://" in text else f"http://{text.strip()}")
        host, port = url.hostname, url.port
        user, password = (None if part is None else unquote(part) for part in (url.username, url.password))
    except ValueError:
        raise UsageError(f"{where} is no URL of a proxy.", remedy=_FORMS) from None
    if url.scheme not in _KINDS:
        known = "proxies that are spoken to over TLS" if url.scheme == "https" else f"proxies of the kind '{visible(url.scheme)}'"
        raise UsageError(f"{where}: {known} are not spoken to.", remedy=_FORMS)
    if not host or url.path not in {"", "/"} or url.query or url.fragment:
        raise UsageError(f"{where} is no URL of a proxy.", remedy=_FORMS)
    kind = _KINDS[url.scheme]
    if port is None and kind is ProxyKind.HTTP:
        raise UsageError(f"{where} names no port of the proxy.", remedy=_FORMS)
    try:
        address = Address.parse(f"[{host}]:{port or _SOCKS_PORT}" if ":" in host else f"{host}:{port or _SOCKS_PORT}")
    except UsageError:
        raise UsageError(f"{where} names no host that could be a proxy.", remedy=_FORMS) from None
    return _with_credentials(Proxy(kind=kind, address=address), user, password, where)


def from_option(text: str | None, auth_file: Path | None) -> Proxy | None:
    """
    Read `--proxy` and `--proxy-auth-file`.

    Raises:
        UsageError: a password stands on the command line, or one of them cannot be read.
        FileError: the file cannot be read.
        RefusedError: others may read it.
    """
    if text is None:
        if auth_file is not None:
            raise UsageError("--proxy-auth-file goes with --proxy.")
        return None
    proxy = parse(text, where="--proxy")
    if proxy is not None and proxy.username is not None:
        raise UsageError(
            "--proxy with a user name or a password is refused: the command line is seen by everyone on this machine.",
            remedy="Write USER:PASSWORD into a file and name it with --proxy-auth-file; the settings may hold them too.",
        )
    if auth_file is None:
        return proxy
    if proxy is None:
        raise UsageError("--proxy-auth-file goes with a proxy, not with --proxy none.")
    file.refuse_if_readable_by_others(auth_file)
    line = file.read(auth_file, limit=_MAX_CREDENTIALS).decode("utf-8", errors="replace").split("\n", 1)[0].removesuffix("\r")
    user, colon, password = line.partition(":")
    if not colon:
        raise UsageError(f"{visible(str(auth_file))} does not hold USER:PASSWORD in its first line.")
    return _with_credentials(proxy, user, password, visible(str(auth_file)))


def is_exempt(target: Address, listed: str) -> bool:
    """
    Return whether NO_PROXY names a target.

    It lists, with commas or blanks between: `*`; a name (and all below it) or an IP address, with a port or without;
    networks. A name is not looked up, so that networks exempt only what is written as an IP address, as in curl and Go.
    """
    return any(_is_named(target, item.lower()) for item in re.split(r"[,\s]+", listed) if item)


def _is_named(target: Address, item: str) -> bool:
    if item == "*":
        return True
    literal = as_ip_address(target.host)
    if literal is not None:
        try:
            return literal in ipaddress.ip_network(item.strip("[]"), strict=False)
        except ValueError:
            pass
    name, _, port = item.rpartition(":") if re.fullmatch(r".*[^:]:[0-9]{1,5}|\[.*\]:[0-9]{1,5}", item) else (item, "", "")
    if port and int(port) != target.port:
        return False
    name = name.strip("[]").removeprefix("*").lstrip(".").rstrip(".")
    if literal is not None:
        return as_ip_address(name) == literal
    return bool(name) and (target.host == name or target.host.endswith(f".{name}"))


def _with_credentials(proxy: Proxy, user: str | None, password: str | None, where: str) -> Proxy:
    if user is None:
        return proxy
    try:
        return replace(proxy, username=user, password=password)
    except UsageError as error:
        raise UsageError(f"{where}: {error.message}") from None
