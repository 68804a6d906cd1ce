from dataclasses import replace
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from anchorkeep.model.certificate import Certificate
from anchorkeep.model.chain import ObservedChain, Stage
from anchorkeep.model.endpoint import Endpoint
from anchorkeep.observe.approach import DIRECT, Approach, Verifier
from tests.peers import openssl
from tests.peers.observing import at, look
from tests.peers.pki import Presented, present


def root(presented: Presented) -> Certificate:
    """Return the root of what a server presents."""
    return Certificate(x509.load_pem_x509_certificate(presented.root).public_bytes(Encoding.DER))


def against(*anchors: Certificate, is_partial_chain: bool = False) -> Approach:
    """Return the direct way with these anchors and no others."""
    return replace(DIRECT, verifier=Verifier(anchors=anchors, is_partial_chain=is_partial_chain))


def seen(endpoint: Endpoint, approach: Approach) -> ObservedChain:
    """Observe a service that must send a chain."""
    found = look(endpoint, approach=approach)
    assert isinstance(found, ObservedChain), found
    return found


def test_chain_is_verified_against_the_anchors_alone(tmp_path: Path) -> None:
    """A server's chain is verified against the anchors given, is not against others, and never where none are asked for."""
    presented = present()
    with openssl.served(tmp_path, presented) as port:
        verified = seen(at(port), against(root(presented)))
        other = seen(at(port), against(root(present())))
        unasked = seen(at(port), DIRECT)
    assert (verified.is_verified, verified.failure) == (True, None)
    assert (unasked.is_verified, unasked.failure) == (False, None)
    assert not other.is_verified
    assert other.failure is not None
    assert (other.failure.stage, other.failure.reason) == (Stage.HANDSHAKE, "untrusted")
    assert len(other.certificates) == len(presented.chain)


def test_partial_chain_is_taken_where_it_is_allowed(tmp_path: Path) -> None:
    """An intermediate ends a path where partial chains are allowed, and else does not."""
    presented = present()
    issuing = Certificate(presented.der[1])
    with openssl.served(tmp_path, presented) as port:
        assert seen(at(port), against(issuing, is_partial_chain=True)).is_verified
        assert not seen(at(port), against(issuing)).is_verified


@pytest.mark.parametrize("name", ["elsewhere.test", "127.0.0.1"])
def test_leaf_must_be_for_the_name(name: str, tmp_path: Path) -> None:
    """A chain that verifies is refused for a name, or an address, that its leaf is not for."""
    presented = present()
    with openssl.served(tmp_path, presented) as port:
        found = seen(at(port, name=name), against(root(presented)))
    assert not found.is_verified
    assert found.failure is not None
    assert found.failure.message == f"The leaf is not accepted: it is not for {name}."


def test_anchor_that_openssl_cannot_read_is_left_out(tmp_path: Path) -> None:
    """An anchor that OpenSSL cannot read makes no path, and keeps none of the others from it."""
    presented = present()
    broken = Certificate(b"\x30\x03\x02\x01\x01")
    with openssl.served(tmp_path, presented) as port:
        assert seen(at(port), against(broken, root(presented))).is_verified
        assert not seen(at(port), against(broken)).is_verified
