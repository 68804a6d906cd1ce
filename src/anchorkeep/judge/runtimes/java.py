"""
What a Java client says of a chain: the JDK's PKIX trust manager with its HTTPS check of the host's name.

Our own rules, measured against real runtimes. In their order: the limits of the handshake; what the reader refuses; a leaf that
is itself trusted needs its name alone; a chain in order is cut at the first trusted certificate and validated as it was sent, any
other is given to the path builder; then the anchor, the leaf's usages, policies of distrust, the name.

Not checked: revocation, certificate policies, certificates that `blocked.certs` names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from anchorkeep import tlv
from anchorkeep.errors import CertificateError, TLVError
from anchorkeep.judge.runtimes import java_builder, java_distrust, java_names, java_parsing, java_path
from anchorkeep.judge.runtimes.java_facts import anchors_named, facts
from anchorkeep.model import oid
from anchorkeep.model.verdict import Kind, Outcome, Reason, Verdict, refused
from anchorkeep.text import visible

if TYPE_CHECKING:
    from anchorkeep.judge.budget import Budget
    from anchorkeep.model.certificate import Certificate
    from anchorkeep.model.runtime import JavaRuntime
    from anchorkeep.model.verdict import Question

Path = tuple["Certificate", ...]

#: `jdk.tls.maxCertificateChainLength` and `jdk.tls.maxHandshakeMessageSize`, as they are set where nobody sets them.
MAX_CHAIN = 10
MAX_MESSAGE = 32_768
#: Purposes that make a certificate a server's: serverAuth, any, and two of the last century (Microsoft's and Netscape's SGC).
_SERVER_PURPOSES = frozenset({"1.3.6.1.5.5.7.3.1", oid.ANY_EXTENDED_KEY_USAGE, "1.3.6.1.4.1.311.10.3.3", "2.16.840.1.113730.4.1"})

#: netscape-cert-type, whose second bit is "SSL server".
_NETSCAPE_TYPE = "2.16.840.1.113730.1.1"


def judge(question: Question, runtime: JavaRuntime, budget: Budget) -> Verdict:
    """
    Return what Java says of a chain.

    Raises:
        BudgetExceededError: the budget ran out.
    """
    for _ in question.chain:
        budget.look()
    if over := _over_limit(question.chain):
        return refused(Kind.TOO_MANY, over)
    return trust_manager(question, runtime, budget)


def trust_manager(question: Question, runtime: JavaRuntime, budget: Budget) -> Verdict:
    """
    Return what the trust manager says of a chain that has come to it, whatever its length.

    Raises:
        BudgetExceededError: the budget ran out.
    """
    for certificate in question.chain:
        problem = java_parsing.problem(certificate)
        if problem is not None:
            return refused(Kind.NOT_READ, f"Java cannot read it: {problem}.", certificate)
    if not question.anchors.certificates:
        return refused(Kind.EMPTY_STORE, "The store holds no trusted certificate.")
    try:
        path, reasons = _trusted_path(question, runtime, budget)
        if not reasons and len(path) > 1:
            reason = java_path.anchor_problem(path[-1], runtime) or _on_the_leaf(path[0]) or java_distrust.problem(path, runtime)
            reasons = () if reason is None else (reason,)
        if not reasons and question.name is not None and not java_names.matches(path[0], question.name, runtime.version):
            message = f"The leaf is not for {visible(question.name)}."
            reasons = (Reason(kind=Kind.NAME_MISMATCH, message=message, certificate=path[0]),)
    except CertificateError as error:
        return refused(Kind.NOT_READ, f"A certificate cannot be read: {visible(error.message, limit=200)}")
    return Verdict(outcome=Outcome.REFUSED if reasons else Outcome.TRUSTED, path=path, reasons=reasons)


def _over_limit(chain: Path) -> str | None:
    if len(chain) > MAX_CHAIN:
        return f"{len(chain)} certificates were sent, Java takes {MAX_CHAIN}."
    size = 3 + sum(3 + len(certificate.der) for certificate in chain)
    return f"The chain takes {size} bytes of handshake, Java takes {MAX_MESSAGE}." if size > MAX_MESSAGE else None


def _trusted_path(question: Question, runtime: JavaRuntime, budget: Budget) -> tuple[Path, tuple[Reason, ...]]:
    """Return the path with its anchor, or why there is none (`PKIXValidator.engineValidate`)."""
    chain, anchors = question.chain, question.anchors
    if chain[0] in anchors:
        return chain[:1], ()
    below = facts(chain[0])
    for number in range(1, len(chain)):
        above = facts(chain[number])
        if above.subject != below.issuer:
            return java_builder.build(question, runtime, budget)
        if _is_known(question, chain[number]):
            return _validated(chain[:number], question, runtime, budget)
        below = above
    if anchors_named(anchors, below.issuer):
        return _validated(chain, question, runtime, budget)
    return java_builder.build(question, runtime, budget)


def _is_known(question: Question, certificate: Certificate) -> bool:
    """Whether a certificate is trusted, or one with its name and key is."""
    if certificate in question.anchors:
        return True
    read = facts(certificate)
    return any(anchor.public_key.der == read.key for anchor in anchors_named(question.anchors, read.subject))


def _validated(sent: Path, question: Question, runtime: JavaRuntime, budget: Budget) -> tuple[Path, tuple[Reason, ...]]:
    path, reason = java_path.validate(sent, question, runtime, budget)
    return path, () if reason is None else (reason,)


def _on_the_leaf(leaf: Certificate) -> Reason | None:
    """Return why the leaf's usages are not a server's (`EndEntityChecker.checkTLSServer`), for TLS 1.3 and ECDHE."""
    usage, purposes = leaf.key_usage, leaf.extended_key_usage
    if usage is not None and "digitalSignature" not in usage:
        return Reason(kind=Kind.WRONG_KEY_USAGE, message="Its key usage lacks digitalSignature.", certificate=leaf)
    if purposes is not None and _SERVER_PURPOSES.isdisjoint(purposes):
        return Reason(kind=Kind.WRONG_PURPOSE, message="Its extended key usage lacks serverAuth.", certificate=leaf)
    netscape = leaf.extension(_NETSCAPE_TYPE)
    if netscape is not None and not _has_server_bit(netscape.value):
        return Reason(kind=Kind.WRONG_PURPOSE, message="Its Netscape certificate type is not a server's.", certificate=leaf)
    return None


def _has_server_bit(value: bytes) -> bool:
    try:
        bits = tlv.read(value).bits()
    except TLVError:
        return False
    return bool(bits) and bool(bits[0] & 0x40)
