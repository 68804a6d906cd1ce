"""
Answers about certificates, remembered by fingerprint.

`functools.lru_cache` would keep the certificates themselves, with all that was read of them: of twenty thousand services that is
fifty megabytes. A fingerprint says as much and weighs next to nothing.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar, cast

if TYPE_CHECKING:
    from anchorkeep.model.certificate import Certificate

F = TypeVar("F", bound=Callable[..., Any])

_UNKNOWN = object()


def by_fingerprint(size: int) -> Callable[[F], F]:
    """
    Let a function of certificates answer from memory what it was asked before; an error is not remembered.

    Args:
        size: answers that are remembered at most, those not asked for the longest are forgotten first. An answer must not
            hold the certificate.
    """

    def decorate(compute: F) -> F:
        known: dict[bytes, Any] = {}
        turn = threading.Lock()

        @functools.wraps(compute)
        def ask(*certificates: Certificate) -> Any:  # noqa: ANN401 (what `compute` returns)
            key = b"".join(certificate.sha256 for certificate in certificates)
            with turn:
                answer = known.pop(key, _UNKNOWN)
                if answer is not _UNKNOWN:
                    known[key] = answer
                    return answer
            answer = compute(*certificates)
            with turn:
                known[key] = answer
                if len(known) > size:
                    del known[next(iter(known))]
            return answer

        return cast("F", ask)

    return decorate
