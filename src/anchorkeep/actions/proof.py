"""
Prove that a store does what it is for: give its bytes to verifiers that are not ours, in new handshakes with every service.

OpenSSL verifies each handshake against exactly the certificates that a reader of the store would trust: signatures, dates,
purpose and name, at the security level that it has by default. A Java virtual machine, where there is a JDK, opens the store
itself and connects; where a proxy or a dialogue before TLS stands between, its trust manager judges the chain that the
handshake showed.

Not proved: revocation, and what a consumer adds by its own settings.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from anchorkeep.errors import FileError
from anchorkeep.formats.capability import TITLES
from anchorkeep.judge.java_anchors import anchors
from anchorkeep.judge.opening import OWN
from anchorkeep.model.chain import FailedObservation, ObservedChain
from anchorkeep.text import visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    from anchorkeep.actions.show import Subject
    from anchorkeep.host.jre import Jre
    from anchorkeep.host.jvm import Answer, Question
    from anchorkeep.model.certificate import Certificate
    from anchorkeep.model.truststore import TrustStore

#: Handshakes at a time.
_CONCURRENCY = 64
#: The reason of a handshake that OpenSSL refused (`observe.verification`).
_UNTRUSTED = "untrusted"
_JAVA = "Java"
_NO_JDK = "Java: not proved here. No JDK of release 11 or later was found on this machine."
_NO_SERVICE = "There is no service to connect to."
_VERIFIED = "OpenSSL verified a new handshake against the store: signatures, dates, purpose and name."
_VERIFIED_PARTLY = (
    "OpenSSL verified a new handshake against the store: signatures, dates, purpose and name; with partial chains allowed, "
    "without which it takes roots alone as anchors."
)


class State(StrEnum):
    """What a verifier said: `NOT_PROVED` where it was asked and could not tell, `NOT_ASKED` where there is none that could be."""

    PROVED = "proved"
    REFUSED = "refused"
    NOT_PROVED = "not-proved"
    NOT_ASKED = "not-asked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """
    What one verifier says of a store and one service.

    Attributes:
        endpoint: the service, as its subject is called.
        verifier: `OpenSSL 3.5.4`, `Java 17.0.15`; `Java` where there is none to ask.
        state: whether the service would be trusted.
        detail: how it was proved or why not, one sentence or two; safe to print.
    """

    endpoint: str
    verifier: str
    state: State
    detail: str


async def prove(
    store: TrustStore,
    data: bytes,
    subjects: Sequence[Subject],
    *,
    password: str | None,
    is_partial_chain: bool,
    jdk: Jre | None,
    cache: Path | None = None,
    clock: Callable[[], datetime],
    timeout: float = 10.0,  # noqa: ASYNC109 (the total of one handshake, kept by observe)
) -> tuple[Proof, ...]:
    """
    Connect to every service anew and return what each verifier says of it: OpenSSL's proofs first, then Java's.

    Nothing is sent over the connections, and what a service says after the handshake is not read.

    Args:
        store: what was read back from the bytes.
        data: the bytes of the store, as they are about to be written.
        subjects: the services; one without an endpoint is not proved.
        password: what opens the store, None where nothing does.
        is_partial_chain: whether OpenSSL is to take any certificate of the store as the end of a path, as it does by default with
            roots alone; each proof says so.
        jdk: the JDK to ask too, None where there is none.
        cache: the folder where the program that Java runs is kept once it is compiled, None to keep nothing.
        clock: says what time it is, aware, UTC.
        timeout: seconds for each handshake.

    Raises:
        UsageError: a service's approach is impossible.
        CertificateError: its client certificate cannot be used.
    """
    seen = await _shake_hands(subjects, anchors(store), is_partial_chain=is_partial_chain, clock=clock, timeout=timeout)
    by_openssl = [
        _of_openssl(subject, outcome, is_partial_chain=is_partial_chain) for subject, outcome in zip(subjects, seen, strict=True)
    ]
    asked = _Asked(store=store, data=data, password=password, subjects=subjects, seen=seen)
    by_java = await _ask_java(jdk, asked, cache=cache, seconds=timeout)
    return (*by_openssl, *by_java)


async def _shake_hands(
    subjects: Sequence[Subject],
    trusted: tuple[Certificate, ...],
    *,
    is_partial_chain: bool,
    clock: Callable[[], datetime],
    timeout: float,  # noqa: ASYNC109
) -> tuple[ObservedChain | FailedObservation | None, ...]:
    """Connect to every service, some at a time, each as it is approached, and verify; None for what is no service."""
    from anchorkeep.observe.approach import DIRECT, Verifier
    from anchorkeep.observe.connection import observe

    verifier = Verifier(anchors=trusted, is_partial_chain=is_partial_chain)
    # A context is made once for each approach, as an approach makes it when it is first asked.
    approaches = {id(item.approach): replace(item.approach or DIRECT, verifier=verifier) for item in subjects}
    waiting = iter(enumerate(subjects))
    seen: dict[int, ObservedChain | FailedObservation | None] = {}

    async def work() -> None:
        for index, subject in waiting:
            if subject.endpoint is None:
                seen[index] = None
                continue
            approach = approaches[id(subject.approach)]
            seen[index] = await observe(subject.endpoint, clock=clock, timeout=timeout, approach=approach)

    await asyncio.gather(*(work() for _ in subjects[:_CONCURRENCY]))
    return tuple(seen[index] for index in range(len(subjects)))


def _of_openssl(subject: Subject, outcome: ObservedChain | FailedObservation | None, *, is_partial_chain: bool) -> Proof:
    from OpenSSL import SSL

    words = SSL.SSLeay_version(SSL.SSLEAY_VERSION).decode("ascii", "replace").split()
    verifier = visible(" ".join(words[:2]))
    if outcome is None:
        state, detail = State.NOT_PROVED, _NO_SERVICE
    elif isinstance(outcome, ObservedChain) and outcome.is_verified:
        state, detail = State.PROVED, _VERIFIED_PARTLY if is_partial_chain else _VERIFIED
    elif outcome.failure is not None and outcome.failure.reason == _UNTRUSTED:
        state, detail = State.REFUSED, outcome.failure.message
    else:
        state, detail = State.NOT_PROVED, outcome.failure.message if outcome.failure else _NO_SERVICE
    return Proof(endpoint=subject.label, verifier=verifier, state=state, detail=detail)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What Java is asked about: a store, and the services with what the handshakes showed."""

    store: TrustStore
    data: bytes = field(repr=False)
    password: str | None = field(repr=False)
    subjects: Sequence[Subject]
    seen: Sequence[ObservedChain | FailedObservation | None]

    def __iter__(self) -> Iterator[tuple[Subject, ObservedChain | FailedObservation | None]]:
        """Return each service with what its handshake showed."""
        return zip(self.subjects, self.seen, strict=True)


async def _ask_java(jdk: Jre | None, asked: _Asked, *, cache: Path | None, seconds: float) -> tuple[Proof, ...]:
    from anchorkeep.host import jvm

    obstacle = _NO_JDK if jdk is None else ""
    if asked.store.format not in OWN:
        obstacle = f"Java: not proved. Java opens no {TITLES[asked.store.format]} as a store."
    if jdk is None or obstacle:
        return tuple(_not_asked(subject, _JAVA, obstacle) for subject, _ in asked)
    verifier = f"{_JAVA} {visible(jdk.version, limit=40)}" if jdk.version else _JAVA
    questions = {index: _question(subject, outcome) for index, (subject, outcome) in enumerate(asked) if _is_seen(outcome)}
    opened = jvm.Opened(type=asked.store.format.upper(), data=asked.data, password=asked.password)
    try:
        said = await jvm.ask(jdk, opened, list(questions.values()), seconds=seconds, cache=cache)
    except FileError as error:
        said = (jvm.Answer(verdict=jvm.Verdict.UNKNOWN, reason=error.message),) * len(questions)
    answers = dict(zip(questions, said, strict=True))
    return tuple(
        _of_java(subject, verifier, answers[index], is_judged=bool(questions[index].chain))
        if index in answers
        else _not_asked(subject, verifier, "Java was not asked: the service did not show its certificates.")
        for index, (subject, _) in enumerate(asked)
    )


def _is_seen(outcome: ObservedChain | FailedObservation | None) -> bool:
    return isinstance(outcome, ObservedChain) and bool(outcome.certificates)


def _question(subject: Subject, outcome: ObservedChain | FailedObservation | None) -> Question:
    """Ask Java to connect where it can do so by itself, to the same address; else for its word on the chain."""
    from anchorkeep.host.jvm import Question

    assert subject.endpoint is not None  # noqa: S101 (it was seen)
    assert isinstance(outcome, ObservedChain)  # noqa: S101
    name = subject.endpoint.reference_identity
    if outcome.address is not None and subject.endpoint.starttls is None:
        return Question(address=outcome.address.host, port=outcome.address.port, name=name)
    return Question(address="", port=0, name=name, chain=tuple(item.der for item in outcome.certificates))


def _of_java(subject: Subject, verifier: str, answer: Answer, *, is_judged: bool) -> Proof:
    from anchorkeep.host.jvm import Verdict

    state = {Verdict.TRUSTED: State.PROVED, Verdict.REFUSED: State.REFUSED}.get(answer.verdict, State.NOT_PROVED)
    how = "judged the chain of this handshake, since it was reached on a way that Java was not sent" if is_judged else "connected"
    said = f": {answer.reason.removesuffix('.')}" if answer.reason else ""
    details = {
        State.PROVED: f"Java opened the store and {how}.",
        State.REFUSED: f"Java does not trust it{said}.",
        State.NOT_PROVED: f"Java came to no verdict{said}.",
    }
    return Proof(endpoint=subject.label, verifier=verifier, state=state, detail=details[state])


def _not_asked(subject: Subject, verifier: str, detail: str) -> Proof:
    return Proof(endpoint=subject.label, verifier=verifier, state=State.NOT_ASKED, detail=detail)
