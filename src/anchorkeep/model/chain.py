"""What a server sent, why it could not be had, and the paths built from it. The three are never confused."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from anchorkeep.model.certificate import Certificate
    from anchorkeep.model.endpoint import Address, Endpoint


class Stage(StrEnum):
    """How far an observation came."""

    RESOLVE = "resolve"
    CONNECT = "connect"
    PROXY = "proxy"
    STARTTLS = "starttls"
    HANDSHAKE = "handshake"


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """
    Why an observation, or the rest of one, failed.

    Attributes:
        stage: where it failed.
        reason: stable, lower case with hyphens: `timeout`, `refused`, `not-tls`, `certificate-message-too-large`, ...
        message: one sentence for a person; safe to print.
        remedy: what to do, or an empty string; safe to print.
    """

    stage: Stage
    reason: str
    message: str
    remedy: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedChain:
    """
    The certificates a server sent, or a file holds. Nothing about them is verified, but where `is_verified` says so.

    Attributes:
        endpoint: what was asked for.
        certificates: as sent, in the server's order; meant to be leaf first (RFC 8446 §4.4.2), which nobody enforces.
        observed_at: when, aware, UTC.
        address: the address and port that answered; None for certificates from a file.
        tls_version: `TLSv1.3`; None for certificates from a file.
        cipher: the cipher suite by OpenSSL's name; None where the handshake did not come so far.
        failure: why the handshake failed after the chain had arrived; None when it did not fail.
        client_certificate_requested: whether the server asked for a client certificate.
        proxy: the proxy that the connection went through, None for a direct one.
        is_verified: whether OpenSSL accepted the chain for the endpoint's name in that handshake, against the anchors that it was
            given; False where it was given none, as it mostly is.
    """

    endpoint: Endpoint | None
    certificates: tuple[Certificate, ...]
    observed_at: datetime
    address: Address | None = None
    tls_version: str | None = None
    cipher: str | None = None
    failure: Failure | None = None
    client_certificate_requested: bool = False
    proxy: Address | None = None
    is_verified: bool = False

    @property
    def leaf(self) -> Certificate | None:
        """The first certificate sent, which is the server's own by the standard; None when none came."""
        return self.certificates[0] if self.certificates else None

    @property
    def is_from_file(self) -> bool:
        """Whether the certificates come from a file: no address answered, and no proxy was gone through."""
        return self.address is None and self.proxy is None


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedObservation:
    """
    A service from which no chain could be had: an answer, not a crash.

    Attributes:
        endpoint: what was asked for.
        observed_at: when, aware, UTC.
        failure: how far it came and why it failed.
        address: the address that was reached, None when none was.
        proxy: the proxy that the connection went or was to go through, None for a direct one.
    """

    endpoint: Endpoint
    observed_at: datetime
    failure: Failure
    address: Address | None = None
    proxy: Address | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PathProblem:
    """
    Why a path does not verify at a time for a name.

    Attributes:
        id: stable: `expired`, `not-yet-valid`, `name-mismatch`, `not-a-ca`, `signature-invalid`, ...
        position: the index in the path of the certificate at fault.
        message: one sentence; safe to print.
    """

    id: str
    position: int
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificationPath:
    """
    A path built from a leaf upward; each certificate's signature verifies with the key of the next (RFC 5280 §6.1).

    Attributes:
        certificates: leaf first, never empty.
        is_complete: whether it ends in a root: a self-signed CA certificate, or one of Mozilla's list.
        is_public: whether it ends in a root of Mozilla's list.
        not_sent: how many of its certificates the server did not send.
        problems: why it does not verify at the time and for the name it was judged for; empty when it does.
    """

    certificates: tuple[Certificate, ...]
    is_complete: bool
    is_public: bool
    not_sent: int
    problems: tuple[PathProblem, ...] = ()

    @property
    def root(self) -> Certificate | None:
        """The root it ends in, None when it ends in the air."""
        return self.certificates[-1] if self.is_complete else None

    @property
    def verifies(self) -> bool:
        """Whether it is complete and without problems at the time and for the name it was judged for."""
        return self.is_complete and not self.problems
