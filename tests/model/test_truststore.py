from anchorkeep.model.truststore import Integrity, OtherEntry, OtherKind, PrivateKeyEntry, TrustedCertEntry, TrustStore
from tests.peers.samples import certificate

ROOT, LEAF = certificate(serial_number=1), certificate(serial_number=2)


def test_chain_of_a_key_is_not_trusted() -> None:
    """Certificates that accompany a private key are listed, in order, and are not among the trusted."""
    entries = (PrivateKeyEntry(alias="key", chain=(LEAF, ROOT)), TrustedCertEntry(certificate=ROOT, alias="root"))
    store = TrustStore(format="jks", entries=entries)
    assert store.trusted == (ROOT,)
    assert store.certificates == (LEAF, ROOT, ROOT)


def test_nothing_is_vouched_for_unasked() -> None:
    """A store says that it has no integrity check unless its codec made one."""
    assert TrustStore(format="pem", entries=()).integrity is Integrity.NONE


def test_a_list_is_no_certificate() -> None:
    """A revocation list among the entries is neither a certificate nor trusted, and is not lost."""
    crl = OtherEntry(kind=OtherKind.CRL, data=b"crl")
    store = TrustStore(format="sst", entries=(crl, TrustedCertEntry(certificate=ROOT)))
    assert (store.trusted, store.certificates, store.others) == ((ROOT,), (ROOT,), (crl,))


def test_what_stands_unseen_beside_a_private_key_is_no_anchor() -> None:
    """A certificate that Java does not see is trusted by name of its file where there is no private key, and there alone."""
    unseen = TrustedCertEntry(certificate=LEAF, is_visible_to_java=False)
    seen = TrustedCertEntry(certificate=ROOT)
    rejected = TrustedCertEntry(certificate=ROOT, is_distrusted=True)
    certificates = TrustStore(format="pkcs12", entries=(unseen, seen, rejected))
    assert (certificates.trusted, certificates.accompanying, certificates.has_private_keys) == ((LEAF, ROOT), (), False)
    keys = TrustStore(format="pkcs12", entries=(unseen, seen, rejected, PrivateKeyEntry(alias="key", chain=(LEAF,))))
    assert (keys.trusted, keys.accompanying, keys.has_private_keys) == ((ROOT,), (unseen,), True)
