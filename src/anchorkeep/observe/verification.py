"""
Let OpenSSL verify a handshake against given anchors, as a usual client of it does.

OpenSSL checks signatures, dates, the purpose (serverAuth), name constraints and, at its own security level, the strength of keys.
The name is checked here by RFC 9525, in the same handshake: pyOpenSSL has no way to hand it to OpenSSL. Revocation is not
checked.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Protocol

from OpenSSL import SSL, crypto

from anchorkeep.errors import CertificateError
from anchorkeep.judge import identity
from anchorkeep.model.certificate import Certificate
from anchorkeep.model.chain import Failure, Stage
from anchorkeep.text import visible

if TYPE_CHECKING:
    from anchorkeep.observe.approach import Verifier

#: The reason of a failure that is a verdict: the chain came, and was not accepted.
UNTRUSTED = "untrusted"
#: What OpenSSL says by number (X509_V_ERR_*, x509_vfy.h), in words that say what it means for the store.
_REASONS = {
    2: "its issuer is neither sent nor in the store",
    7: "a signature does not verify",
    9: "it is not valid yet",
    10: "it has expired",
    18: "it is self-signed and not in the store",
    19: "the path ends in a self-signed certificate that is not in the store",
    20: "its issuer is neither sent nor in the store",
    21: "its issuer is neither sent nor in the store",
    22: "the path is too long",
    23: "it is revoked",
    24: "it issued a certificate but is no CA",
    25: "the path is longer than an issuer allows",
    26: "it is not meant for this purpose",
    32: "its key usage does not allow it to sign certificates",
    34: "it has a critical extension that is not understood",
    47: "a name is outside what an issuer may issue for",
    48: "a name is excluded from what an issuer may issue for",
    66: "its key is too weak",
    67: "an issuer's key is too weak",
    68: "it is signed with a digest that is too weak",
}


class Witness(Protocol):
    """What keeps the verdict of a handshake: why it was refused, and whether the leaf was accepted."""

    reference: str | None
    refusal: Failure | None
    is_accepted: bool


def arm(context: SSL.Context, verifier: Verifier) -> None:
    """
    Let a context verify against anchors, and nothing else; each connection's application data must be a `Witness`.

    An anchor that OpenSSL cannot read is left out, as a program that reads the store with it would fail or leave it out.
    """
    store = context.get_cert_store()
    assert store is not None  # noqa: S101 (a context has one from its beginning)
    for anchor in verifier.anchors:
        with suppress(crypto.Error):
            store.add_cert(crypto.load_certificate(crypto.FILETYPE_ASN1, anchor.der))
    if verifier.is_partial_chain:
        store.set_flags(crypto.X509StoreFlags.PARTIAL_CHAIN)
    context.set_verify(SSL.VERIFY_PEER, _judge)


# pyOpenSSL says what it is called with.
def _judge(connection: SSL.Connection, certificate: crypto.X509, error: int, depth: int, accepted: int) -> bool:  # noqa: PLR0917
    """Take OpenSSL's word on a certificate, from the anchor down to the leaf; the leaf must also be for the name."""
    witness: Witness = connection.get_app_data()
    if not accepted:
        which = "The leaf is not accepted" if depth == 0 else f"Certificate {depth + 1} of the path is not accepted"
        reason = _REASONS.get(error, f"OpenSSL's verification error {error}")
        witness.refusal = _refusal(f"{which}: {reason}.")
        return False
    if depth == 0:
        if not _is_for(certificate, witness.reference):
            witness.refusal = _refusal(f"The leaf is not accepted: it is not for {visible(witness.reference or 'this name')}.")
            return False
        witness.is_accepted = True
    return True


def _is_for(certificate: crypto.X509, reference: str | None) -> bool:
    if reference is None:
        return False
    try:
        return identity.matches(Certificate(crypto.dump_certificate(crypto.FILETYPE_ASN1, certificate)), reference)
    except CertificateError:
        return False


def _refusal(message: str) -> Failure:
    return Failure(stage=Stage.HANDSHAKE, reason=UNTRUSTED, message=message)
