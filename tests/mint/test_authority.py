from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.x509 import verification

from anchorkeep.mint import Authority, Identity, NameConstraints, key, name
from tests.peers.authorities import AT, entropy, openssl_verify

KEY_TYPES = ["EC P-256", "EC P-384", "EC P-521", "RSA 2048", "Ed25519"]


def issue(key_type: str = "EC P-256", *, host: str = "www.lab.test", constraints: NameConstraints | None = None) -> Identity:
    """Return a server below an intermediate below a root."""
    root = Authority.root("Root", at=AT, days=30, entropy=entropy(1), key_type=key_type, name_constraints=constraints)
    below = root.intermediate(
        name.build(("C", "DE"), ("O", "Lab"), ("CN", "CA")),
        at=AT,
        days=20,
        entropy=entropy(2),
        key_type=key_type,
        path_length=0,
    )
    return below.issue(
        dns_names=(host,),
        ip_addresses=("127.0.0.1", "::1"),
        at=AT,
        days=10,
        entropy=entropy(3),
        key_type=key_type,
    )


@pytest.mark.interop
@pytest.mark.parametrize("key_type", KEY_TYPES)
def test_openssl_accepts_a_chain(key_type: str, tmp_path: Path) -> None:
    """OpenSSL verifies an issued chain under its strict rules, for its host."""
    identity = issue(key_type)
    assert openssl_verify(identity.chain, [identity.root], tmp_path, host="www.lab.test") == "leaf: OK"


@pytest.mark.interop
def test_openssl_refuses_another_root(tmp_path: Path) -> None:
    """A chain does not verify under a root of the same name and another key."""
    verdict = openssl_verify(issue().chain, [issue().root], tmp_path, host="www.lab.test")
    assert "unable to get" in verdict or "signature failure" in verdict


@pytest.mark.interop
@pytest.mark.parametrize(("host", "verdict"), [("www.lab.test", "leaf: OK"), ("www.example.com", "permitted")])
def test_name_constraints_bind(host: str, verdict: str, tmp_path: Path) -> None:
    """A root that is constrained to names verifies below for those names, and for no other."""
    constraints = NameConstraints(permitted_dns=("lab.test",), permitted_ip=("127.0.0.0/8", "::1/128"))
    identity = issue(host=host, constraints=constraints)
    assert verdict in openssl_verify(identity.chain, [identity.root], tmp_path, host=host)


@pytest.mark.parametrize("key_type", KEY_TYPES)
def test_cryptography_reads_every_certificate(key_type: str) -> None:
    """Every field of every issued certificate is read by `cryptography`, which is stricter than OpenSSL."""
    identity = issue(key_type)
    for certificate in (*identity.chain, identity.root):
        theirs = x509.load_der_x509_certificate(certificate.der)
        assert theirs.serial_number == certificate.serial_number
        assert theirs.not_valid_after_utc == certificate.not_after
        assert {item.oid.dotted_string for item in theirs.extensions} == {e.oid for e in certificate.extensions}


def test_cryptography_verifies_a_chain() -> None:
    """The verifier of `cryptography`, which keeps to the Baseline Requirements, accepts an issued chain."""
    identity = issue()
    leaf, below, root = (x509.load_der_x509_certificate(c.der) for c in (*identity.chain, identity.root))
    verifier = (
        verification.PolicyBuilder()
        .store(verification.Store([root]))
        .time(AT)
        .build_server_verifier(x509.DNSName("www.lab.test"))
    )
    assert verifier.verify(leaf, [below]) == [leaf, below, root]


def test_model_reads_what_was_written() -> None:
    """Our own reader finds the names, addresses, constraints and identifiers that were asked for."""
    constraints = NameConstraints(permitted_dns=("lab.test",), excluded_ip=("10.0.0.0/8",))
    identity = issue(constraints=constraints)
    leaf, below = identity.chain
    assert [n.value for n in leaf.subject_alt_names] == ["www.lab.test", "127.0.0.1", "::1"]
    assert str(below.subject) == "CN=CA, O=Lab, C=DE"
    assert below.basic_constraints.path_length == 0
    assert below.key_usage == {"keyCertSign", "cRLSign"}
    assert leaf.authority_key_identifier.key_identifier == below.subject_key_identifier
    assert [n.value for n in identity.root.name_constraints.permitted] == ["lab.test"]
    assert [n.value for n in identity.root.name_constraints.excluded] == ["10.0.0.0/255.0.0.0"]


def test_validity_counts_both_ends() -> None:
    """Ten days are 864,000 seconds, the last one included."""
    leaf = issue().leaf
    assert (leaf.not_after - leaf.not_before).total_seconds() == 863_999


def test_a_root_issues_a_chain_of_one() -> None:
    """A server directly below a root sends its own certificate and nothing else."""
    root = Authority.root("Root", at=AT, days=30, entropy=entropy())
    identity = root.issue(dns_names=("a.test",), at=AT, days=1, entropy=entropy())
    assert len(identity.chain) == 1
    assert identity.root == root.certificate


@pytest.mark.interop
def test_cross_signed_root_verifies_under_the_old_one(tmp_path: Path) -> None:
    """A chain below a new root verifies under the old root by the cross-signed certificate alone."""
    constraints = NameConstraints(permitted_dns=("lab.test",))
    old = Authority.root("Old", at=AT, days=30, entropy=entropy(1), name_constraints=constraints)
    new = Authority.root("New", at=AT, days=30, entropy=entropy(2), name_constraints=constraints)
    cross = old.cross_sign(new, at=AT, days=10, entropy=entropy(3))
    identity = new.issue(dns_names=("a.lab.test",), at=AT, days=5, entropy=entropy(4))
    assert cross.name_constraints == new.certificate.name_constraints
    assert cross.public_key == new.certificate.public_key
    assert openssl_verify([*identity.chain, cross], [old.certificate], tmp_path) == "leaf: OK"
    assert openssl_verify(identity.chain, [old.certificate], tmp_path) != "leaf: OK"


def test_repr_shows_no_key() -> None:
    """Neither an authority nor an identity shows its private key."""
    root = Authority.root("Root", at=AT, days=30, entropy=entropy())
    identity = root.issue(dns_names=("a.test",), at=AT, days=1, entropy=entropy())
    for value in (root, identity):
        assert "key" not in repr(value).lower().replace("keyword", "")
        assert "BEGIN" not in repr(value)


def test_the_same_entropy_gives_the_same_serial_number() -> None:
    """Serial numbers come from the entropy that is handed in, and are positive."""
    first, second = (Authority.root("Root", at=AT, days=1, entropy=entropy(7)) for _ in range(2))
    assert first.certificate.serial_number == second.certificate.serial_number > 0


def test_private_key_survives_pem() -> None:
    """A private key written as PEM is read back as the same key."""
    identity = issue()
    read = key.load_private_key(key.private_key_pem(identity.key))
    assert key.public_key(read) == identity.leaf.public_key
    assert isinstance(read, type(identity.key))
    assert serialization.load_pem_private_key(key.private_key_pem(identity.key), password=None)
