"""
Tell what a TARGET on the command line is.

`scheme://` is a URL; a name in the settings is an environment; something with a path separator, `-`, and a file that is there and
has the suffix of a certificate file, which no domain ends in, is a file; all else is `host[:port]`. A name that is both an
environment and an existing file is an error, since nobody could know which was meant.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import chain, repeat
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from anchorkeep.actions import roots
from anchorkeep.actions.show import Subject
from anchorkeep.cli import starttls
from anchorkeep.errors import StoreIntegrityError, UsageError
from anchorkeep.formats import evidence
from anchorkeep.host import file
from anchorkeep.model.chain import ObservedChain
from anchorkeep.model.endpoint import Endpoint
from anchorkeep.text import counted, visible

if TYPE_CHECKING:
    from datetime import datetime

    from anchorkeep.cli.settings import Settings
    from anchorkeep.formats.evidence import Recorded
    from anchorkeep.model.truststore import TrustStore

_SCHEMES = starttls.DIRECT_SCHEMES.keys() | starttls.STARTTLS_SCHEMES.keys()


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """
    A target as it was written, with the options that go with it.

    Attributes:
        text: the word of the command line.
        connect: `--connect`.
        server_name: `--servername`.
        starttls: `--starttls`.
        password: of a store, None to try `changeit` and the empty one.
    """

    text: str
    connect: str | None = None
    server_name: str | None = None
    starttls: str | None = None
    password: str | None = field(default=None, repr=False)


def resolve(asked: Asked, settings: Settings, *, now: datetime) -> tuple[Subject, ...]:
    """
    Return what a target is: the endpoints of an environment, a service, or what a file holds.

    Raises:
        UsageError: it is nothing, or two things at once.
        AnchorkeepError: a file that cannot be read.
    """
    text = asked.text
    if "://" in text:
        return (_service(_from_url(asked)),)
    if text in settings.environments:
        if file.is_present(Path(text)):
            message = f"'{visible(text)}' is an environment in {visible(str(settings.path))} and a file here."
            raise UsageError(message, remedy=f"Write --env {visible(text)} or ./{visible(text)}.")
        if asked.connect is not None or asked.server_name is not None or asked.starttls is not None:
            raise UsageError("--connect, --servername and --starttls go with a service, not with an environment.")
        return environment(text, settings)
    if text == "-" or file.is_named(text):
        return _file(asked, now=now)
    return (_service(_from_host(asked)),)


def service(asked: Asked) -> Subject:
    """
    Return the service that a URL or `host[:port]` names, which is taken for nothing else.

    Raises:
        UsageError: it cannot be read.
    """
    if "://" in asked.text:
        return _service(_from_url(asked))
    found = starttls.endpoint(asked.text, connect=asked.connect, server_name=asked.server_name, protocol=asked.starttls)
    return _service(found)


def environment(name: str, settings: Settings) -> tuple[Subject, ...]:
    """
    Return the services of an environment.

    Raises:
        UsageError: there is no such environment.
    """
    return tuple(Subject(label=item.label, environment=name, endpoint=item) for item in settings.endpoints(name))


def _from_host(asked: Asked) -> Endpoint:
    try:
        return starttls.endpoint(asked.text, connect=asked.connect, server_name=asked.server_name, protocol=asked.starttls)
    except UsageError as error:
        if file.is_file(Path(asked.text)):
            remedy = f"There is a file of that name: write ./{visible(asked.text)}."
            raise UsageError(error.message, remedy=remedy) from None
        raise


def _service(endpoint: Endpoint) -> Subject:
    return Subject(label=endpoint.label, endpoint=endpoint)


def _from_url(asked: Asked) -> Endpoint:
    text = asked.text
    try:
        url = urlsplit(text)
        if url.username is not None or url.password is not None:
            raise UsageError("A URL with a user name or a password is refused: both are seen by everyone on this machine.")
        host, port = url.hostname, url.port
    except ValueError as error:
        raise UsageError(f"'{visible(text)}' is no URL: {visible(str(error))}.") from None
    if url.scheme not in _SCHEMES:
        known = ", ".join(f"{scheme}://" for scheme in (*starttls.DIRECT_SCHEMES, *starttls.STARTTLS_SCHEMES))
        raise UsageError(f"The scheme of '{visible(text)}' is not known; known are {known}.")
    if not host:
        raise UsageError(f"'{visible(text)}' names no host.")
    bracketed = f"[{host}]" if ":" in host else host
    return starttls.endpoint(
        bracketed if port is None else f"{bracketed}:{port}",
        connect=asked.connect,
        server_name=asked.server_name,
        protocol=_protocol(url.scheme, asked.starttls),
        default_port=starttls.DIRECT_SCHEMES.get(url.scheme),
    )


def _protocol(scheme: str, wished: str | None) -> str | None:
    """Return the protocol in which TLS is asked for: that of the scheme, or of `--starttls` where the scheme names none."""
    named = starttls.STARTTLS_SCHEMES.get(scheme)
    if named is None or wished is None:
        return named or wished
    if wished.lower() not in {named, starttls.AUTO}:
        raise UsageError(f"{scheme}:// says {named}, --starttls says {visible(wished)}: leave one of them out.")
    return named


def _file(asked: Asked, *, now: datetime) -> tuple[Subject, ...]:
    """Read a file of certificates, a store, or evidence; what it holds is judged as if it had been sent."""
    text = asked.text
    if asked.connect is not None or asked.starttls is not None:
        raise UsageError("--connect and --starttls go with a service, not with a file.")
    data = file.read_stdin() if text == "-" else file.read(Path(text))
    name = "standard input" if text == "-" else text
    if evidence.is_evidence(data):
        if asked.server_name is not None:
            raise UsageError("--servername goes with certificates; evidence says for itself which name was asked for.")
        return _recorded(evidence.read(data, name=name), name)
    store = _opened(data, name=name, password=asked.password)
    endpoint = Endpoint.parse(asked.server_name) if asked.server_name else None
    held = ObservedChain(endpoint=endpoint, certificates=store.certificates, observed_at=now)
    note = " ".join(filter(None, (roots.beside(store, name=name), roots.unchecked(store, name=name))))
    return (Subject(label=visible(name), endpoint=endpoint, recorded=held, note=note),)


def _opened(data: bytes, *, name: str, password: str | None) -> TrustStore:
    try:
        return roots.open_store(data, name=name, password=password)
    except StoreIntegrityError as error:
        if password is not None:
            raise
        remedy = "`changeit` and the empty one do not fit: give the store's own with --storepass-file or --storepass-env."
        raise StoreIntegrityError(error.message, remedy=remedy) from None


def _recorded(found: Recorded, name: str) -> tuple[Subject, ...]:
    """Return a subject for each observation; what the file says of lines that could not be read goes with the first."""
    lost = f"{visible(name)}: {counted(found.bad_lines, 'line')} of the list that it was made from named no service."
    notes = chain((lost if found.bad_lines else "",), repeat(""))
    return tuple(
        Subject(
            label=f"{item.endpoint.label} ({visible(name)})" if item.endpoint else visible(name),
            endpoint=item.endpoint,
            recorded=item,
            note=note,
        )
        for item, note in zip(found.observations, notes, strict=False)
    )
