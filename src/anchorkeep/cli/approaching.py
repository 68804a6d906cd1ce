"""What the options, the settings and the variables together say about how a service is approached."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from anchorkeep.cli import options, proxies
from anchorkeep.errors import UsageError
from anchorkeep.observe.approach import Approach
from anchorkeep.text import visible

if TYPE_CHECKING:
    from anchorkeep.actions.show import Subject
    from anchorkeep.cli.looking import Request
    from anchorkeep.cli.settings import Settings
    from anchorkeep.observe.approach import ClientIdentity, Proxy


class Approaches:
    """Gives each subject its approach; subjects with the same one share it, and what it costs to make."""

    def __init__(self, request: Request, said: Settings) -> None:
        """
        Read what the options name.

        Raises:
            UsageError: an option cannot be read, or two do not go together.
            AnchorkeepError: a file cannot be read.
        """
        self._said = said
        self._is_proxy_named = request.proxy is not None
        self._proxy = proxies.from_option(request.proxy, request.proxy_auth_file)
        self._first = Approach(identity=_identity(request), min_tls=f"TLSv{request.min_tls}".replace("v1.0", "v1"))
        self._made: dict[Proxy | None, Approach] = {None: self._first}

    def of(self, subject: Subject) -> Subject:
        """
        Return a subject with its approach; one that is no service stays as it is.

        Raises:
            UsageError: the variable that names its proxy cannot be read.
        """
        if subject.endpoint is None or subject.recorded is not None:
            return subject
        proxy = self._proxy_of(subject)
        if proxy not in self._made:
            self._made[proxy] = replace(self._first, proxy=proxy)
        return replace(subject, approach=self._made[proxy])

    def _proxy_of(self, subject: Subject) -> Proxy | None:
        assert subject.endpoint is not None  # noqa: S101 (asked for services only)
        if self._is_proxy_named:
            return self._proxy
        if subject.environment in self._said.proxies:
            return self._said.proxies[subject.environment]
        return self._said.variables.for_service(subject.endpoint.target, starttls=subject.endpoint.starttls)


def _identity(request: Request) -> ClientIdentity | None:
    password = options.password(request.cert_pass_file, request.cert_pass_env, option="cert-pass")
    if request.cert is None:
        if request.key is not None or password is not None:
            raise UsageError("--key, --cert-pass-file and --cert-pass-env go with --cert.")
        return None
    from anchorkeep.actions import client_certificate
    from anchorkeep.host import file

    limit = client_certificate.MAX_FILE
    key = None if request.key is None else file.read(request.key, limit=limit)
    data = file.read(request.cert, limit=limit)
    identity = client_certificate.loads(data, name=visible(str(request.cert)), key=key, password=password)
    # What OpenSSL does not take is told before anything is asked for.
    _ = Approach(identity=identity).context
    return identity
