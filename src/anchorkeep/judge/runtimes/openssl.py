"""
What a client on OpenSSL says of a chain: `openssl s_client`, nginx, Node, Python; with partial chains curl and Python from 3.13.

The path is OpenSSL's own: pyOpenSSL's library builds and verifies it. Its public way in sets no purpose, security level or name,
so these are our rules on the path that it found. In the library's order: the leaf's key, the path and its CAs, purpose, level,
name; signatures, dates, name constraints. The exact second of notAfter is a row of the table.

Not checked: revocation, policies, what a server's key exchange asks of the leaf's key usage.
"""

from __future__ import annotations

from datetime import UTC
from functools import lru_cache
from typing import TYPE_CHECKING

from anchorkeep.errors import CertificateError
from anchorkeep.judge.budget import BudgetExceededError
from anchorkeep.judge.runtimes import openssl_errors, openssl_level, openssl_names, openssl_purpose
from anchorkeep.judge.runtimes.table import LAST_SECOND_COUNTS_SINCE, OPENSSL_MESSAGE_BYTES
from anchorkeep.model.certificate import Certificate
from anchorkeep.model.verdict import Kind, Outcome, Reason, Verdict, refused
from anchorkeep.text import visible

if TYPE_CHECKING:
    from OpenSSL import crypto

    from anchorkeep.judge.budget import Budget
    from anchorkeep.model.runtime import OpenSSLRuntime
    from anchorkeep.model.verdict import Question

#: X509_V_FLAG_NO_CHECK_TIME of OpenSSL's x509_vfy.h, which pyOpenSSL does not name.
_NO_CHECK_TIME = 0x200000
_DATES = frozenset({Kind.EXPIRED, Kind.NOT_YET_VALID})
_LATE = _DATES | {Kind.BAD_SIGNATURE, Kind.NAME_CONSTRAINT}
#: Octets of a Certificate message beside the certificates (RFC 8446 §4.4.2): the list's length and an empty context; and of each
#: certificate its length and that of its extensions.
_LIST_OCTETS, _ENTRY_OCTETS = 4, 5


def judge(question: Question, runtime: OpenSSLRuntime, budget: Budget) -> Verdict:
    """
    Return what OpenSSL says of a chain.

    Raises:
        BudgetExceededError: the budget ran out.
    """
    try:
        early = _before_the_path(question, runtime, budget)
        if early is not None:
            return Verdict(outcome=Outcome.REFUSED, reasons=(early,))
        path, late = _path_and_fault(question, runtime, budget)
        reasons = (*_on_the_path(path, question, runtime), *late)
    except CertificateError as error:
        return refused(Kind.NOT_READ, f"A certificate cannot be read: {visible(error.message, limit=200)}")
    return Verdict(outcome=Outcome.REFUSED if reasons else Outcome.TRUSTED, path=path, reasons=reasons)


def _before_the_path(question: Question, runtime: OpenSSLRuntime, budget: Budget) -> Reason | None:
    """Tell what ends a handshake before a path is looked for."""
    size = _LIST_OCTETS
    for certificate in question.chain:
        budget.look()
        size += len(certificate.der) + _ENTRY_OCTETS
    if size > OPENSSL_MESSAGE_BYTES:
        message = f"The chain makes a message of {size} bytes, more than the {OPENSSL_MESSAGE_BYTES} that OpenSSL takes."
        return Reason(kind=Kind.TOO_MANY, message=message)
    for certificate in question.chain:
        if _loaded(certificate) is None:
            return Reason(kind=Kind.NOT_READ, message="OpenSSL cannot read it.", certificate=certificate)
    weak = openssl_level.weak_key(question.chain[0], runtime.security_level)
    if weak is None and not question.anchors.certificates:
        return Reason(kind=Kind.EMPTY_STORE, message="The store holds no certificate.")
    return weak


def _path_and_fault(
    question: Question, runtime: OpenSSLRuntime, budget: Budget
) -> tuple[tuple[Certificate, ...], tuple[Reason, ...]]:
    """
    Return the path that OpenSSL found, and what it has against it.

    The library hands a path out only where it accepts it. What comes after all of our own rules (signatures, dates, constraints)
    needs one for them: of an expired path the one without dates, of others all that is surely known, the leaf alone. What comes
    before them ends the judgement, and there is no path.
    """
    found = _path(question, runtime, budget, checks_time=True)
    if not isinstance(found, Reason):
        return found, ()
    if found.kind not in _LATE:
        return (), (found,)
    path = _path(question, runtime, budget, checks_time=False) if found.kind in _DATES else found
    return question.chain[:1] if isinstance(path, Reason) else path, (found,)


def _path(question: Question, runtime: OpenSSLRuntime, budget: Budget, *, checks_time: bool) -> tuple[Certificate, ...] | Reason:
    """Let OpenSSL build and verify the path: leaf first, the anchor last; or why there is none."""
    from OpenSSL import crypto

    store = crypto.X509Store()
    flags = 0 if checks_time else _NO_CHECK_TIME
    flags |= crypto.X509StoreFlags.PARTIAL_CHAIN if runtime.is_partial else 0
    flags |= crypto.X509StoreFlags.X509_STRICT if runtime.is_strict else 0
    store.set_flags(flags)
    store.set_time(question.at.astimezone(UTC))
    for anchor in _reachable_anchors(question, budget):
        store.add_cert(anchor)
    leaf, *others = (loaded for loaded in map(_loaded, question.chain) if loaded is not None)
    known = {certificate.der: certificate for certificate in question.chain}
    try:
        chain = crypto.X509StoreContext(store, leaf, others).get_verified_chain()
    except crypto.X509StoreContextError as error:
        kind, what = openssl_errors.meaning(error.errors[0])
        return Reason(kind=kind, message=f"OpenSSL says that {what}.", certificate=_kept(error.certificate, known))
    budget.signature_checks -= len(chain) - 1
    if budget.signature_checks < 0:
        raise BudgetExceededError
    return tuple(_kept(item, known) for item in chain)


def _reachable_anchors(question: Question, budget: Budget) -> list[crypto.X509]:
    """Return the anchors that a path can come to, for OpenSSL goes from name to name; loading a whole store takes long."""
    found: list[crypto.X509] = []
    seen: set[bytes] = set()
    names = [name.canonical for certificate in question.chain for name in (certificate.subject, certificate.issuer)]
    while names:
        name = names.pop()
        if name in seen:
            continue
        seen.add(name)
        for anchor in question.anchors.by_subject(name):
            budget.look()
            loaded = _loaded(anchor)
            if loaded is None:
                continue  # A store may hold what OpenSSL cannot read, and it leads nowhere.
            found.append(loaded)
            names.append(anchor.issuer.canonical)
    return found


def _on_the_path(path: tuple[Certificate, ...], question: Question, runtime: OpenSSLRuntime) -> tuple[Reason, ...]:
    """Return what our own rules say against a path that the library accepts, in the library's order."""
    level = runtime.security_level
    reasons = [openssl_purpose.problem(certificate, is_leaf=number == 0) for number, certificate in enumerate(path)]
    for number, certificate in enumerate(path):
        if number:
            reasons.append(openssl_level.weak_key(certificate, level))
        if number < len(path) - 1:
            reasons.append(openssl_level.weak_signature(certificate, level))
    if path and question.name is not None and not openssl_names.matches(path[0], question.name):
        message = f"The leaf is not for {visible(question.name)}."
        reasons.append(Reason(kind=Kind.NAME_MISMATCH, message=message, certificate=path[0]))
    if runtime.version < LAST_SECOND_COUNTS_SINCE:
        reasons.extend(_last_second(certificate, question) for certificate in reversed(path))
    return tuple(reason for reason in reasons if reason is not None)


def _last_second(certificate: Certificate, question: Question) -> Reason | None:
    if question.at.replace(microsecond=0) != certificate.not_after:
        return None
    message = "This is its last second, which OpenSSL before 4.0 no longer counts as valid."
    return Reason(kind=Kind.EXPIRED, message=message, certificate=certificate)


def _kept(loaded: crypto.X509, known: dict[bytes, Certificate]) -> Certificate:
    from OpenSSL import crypto

    der = crypto.dump_certificate(crypto.FILETYPE_ASN1, loaded)
    return known.get(der) or Certificate(der)


@lru_cache(maxsize=512)  # Enough for the CAs of a scan, and too few for its leaves to weigh anything.
def _loaded(certificate: Certificate) -> crypto.X509 | None:
    from OpenSSL import crypto

    try:
        return crypto.load_certificate(crypto.FILETYPE_ASN1, certificate.der)
    except crypto.Error:
        return None
