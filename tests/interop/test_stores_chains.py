"""Private keys with their issuers in PKCS#12, as keytool writes them and as Java finds them: what it lists, and nothing more."""

import re
from pathlib import Path

import pytest

from anchorkeep import formats
from anchorkeep.actions import store as stores
from anchorkeep.actions import store_convert, store_edit, store_verify
from anchorkeep.formats.pkcs12_bags import CertificateBag
from anchorkeep.formats.pkcs12_layout import Layout
from anchorkeep.formats.recipe import Recipe
from anchorkeep.model.java import every
from anchorkeep.model.truststore import PrivateKeyEntry, TrustStore
from tests.data import keys, pki
from tests.data.stores import bag, cert_bag, friendly_name, local_key_id, pfx, plain_part, trusted_key_usage
from tests.interop.keystores import JRES, jre, keytool
from tests.peers.terms import AT, terms

pytestmark = [pytest.mark.interop, pytest.mark.slow]

PASSWORD = "changeit"
(LEAF, MIDDLE, ROOT, _), _ = pki.chain()


def told(home: Path, path: Path) -> dict[str, tuple[str, int]]:
    """Return for each alias what keytool says that it is, and the length of its chain."""
    output = keytool(home, "-list", "-v", "-keystore", path, "-storepass", PASSWORD)
    entries = re.split(r"^Alias name: ", output, flags=re.MULTILINE)[1:]
    found = {}
    for entry in entries:
        kind, length = re.search(r"Entry type: (\w+)", entry), re.search(r"Certificate chain length: (\d+)", entry)
        found[entry.split("\n", 1)[0].rstrip("\r")] = (kind[1] if kind else "", int(length[1]) if length else 0)
    return found


def chains(store: TrustStore) -> dict[str, tuple[str, int]]:
    """Return the same of a store of ours that holds private keys alone."""
    assert all(isinstance(entry, PrivateKeyEntry) for entry in store.entries)
    return {
        entry.alias or "": ("PrivateKeyEntry", len(entry.chain)) for entry in store.entries if isinstance(entry, PrivateKeyEntry)
    }


def read(path: Path) -> TrustStore:
    """Return what a store holds."""
    return formats.loads(path.read_bytes(), password=PASSWORD)


def certificates(path: Path) -> int:
    """Return how many bags with a certificate a store has."""
    layout = read(path).native
    assert isinstance(layout, Layout)
    return sum(isinstance(item, CertificateBag) for item in layout.bags)


@pytest.fixture(scope="module", params=[pytest.param("17.0.2", marks=pytest.mark.deep), "25.0.2"])
def home(request: pytest.FixtureRequest) -> Path:
    """Return the home of a runtime."""
    return jre(request.param)


@pytest.fixture(scope="module")
def two(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a store in which keytool put two keys whose certificates one CA issued."""
    folder = tmp_path_factory.mktemp("two")
    common = ("-storepass", PASSWORD, "-keystore")
    ca, store = folder / "ca.p12", folder / "two.p12"
    keytool(home, "-genkeypair", "-alias", "ca", "-keyalg", "EC", "-dname", "CN=CA", "-ext", "bc:c", *common, ca)
    for name in ("one", "two"):
        request, reply = folder / f"{name}.csr", folder / f"{name}.pem"
        keytool(home, "-genkeypair", "-alias", name, "-keyalg", "EC", "-dname", f"CN={name}", *common, store)
        keytool(home, "-certreq", "-alias", name, "-file", request, *common, store)
        keytool(home, "-gencert", "-alias", "ca", "-infile", request, "-outfile", reply, "-rfc", *common, ca)
        root = keytool(home, "-exportcert", "-alias", "ca", "-rfc", *common, ca)
        reply.write_text(reply.read_text("ascii") + root, "ascii")
        keytool(home, "-importcert", "-noprompt", "-alias", name, "-file", reply, *common, store)
    return store


def test_two_keys_of_one_ca_are_what_keytool_lists(home: Path, two: Path) -> None:
    """Keytool writes the issuer once for each key, and lists two entries; so do we, and nothing is found wrong with them."""
    assert certificates(two) == 4
    assert chains(read(two)) == told(home, two) == {"one": ("PrivateKeyEntry", 2), "two": ("PrivateKeyEntry", 2)}
    findings = store_verify.verify(two, at=AT).findings
    assert not [finding for finding in findings if finding.id in {"not-trusted-by-java", "alias-repeated"}]


@pytest.mark.parametrize("format_name", ["jks", "pkcs12"])
def test_a_converted_store_trusts_no_issuer(home: Path, two: Path, format_name: str, tmp_path: Path) -> None:
    """In another format and for another Java there are the same two keys, and the CA is no entry of its own."""
    path = tmp_path / "new"
    store_convert.convert(two, path, format=format_name, terms=terms(tmp_path, java=every(17)))
    assert told(home, path) == chains(read(path)) == told(home, two)
    assert read(path).trusted == ()


def test_merging_takes_no_issuer(two: Path, tmp_path: Path) -> None:
    """Of a store with keys alone nothing is taken over."""
    store_edit.new(tmp_path / "trust.p12", format="pkcs12", password=None, terms=terms(tmp_path))
    store_edit.merge(tmp_path / "trust.p12", [stores.read(two)], terms=terms(tmp_path))
    assert read(tmp_path / "trust.p12").entries == ()


@pytest.mark.parametrize("name", ["one", "two"])
def test_a_removed_key_takes_its_copy(home: Path, two: Path, name: str, tmp_path: Path) -> None:
    """With a key its leaf and its copy of the issuer go; the other keeps its chain."""
    path = tmp_path / "store.p12"
    path.write_bytes(two.read_bytes())
    store_edit.remove(path, [name], with_keys=True, terms=terms(tmp_path))
    left = {"one": "two", "two": "one"}[name]
    assert certificates(path) == 2
    assert told(home, path) == chains(read(path)) == {left: ("PrivateKeyEntry", 2)}


def key(*attributes: bytes) -> bytes:
    """Return the bag of the leaf's key."""
    recipe = Recipe(at=AT, entropy=lambda size: bytes((7,)) * size, password=PASSWORD)
    return bag(2, formats.lock(keys.pkcs8(), format="pkcs12", recipe=recipe).data, *attributes)


KEY, ID, NAME = "key", local_key_id(b"1"), friendly_name("key")
ISSUERS = (cert_bag(MIDDLE), cert_bag(ROOT))
LAYOUTS = {
    "openssl without id": (plain_part(cert_bag(LEAF, friendly_name("KEY")), *ISSUERS), plain_part(key(NAME))),
    "java without id": (plain_part(key(NAME)), plain_part(cert_bag(LEAF), *ISSUERS)),
    "id of the certificate alone": (plain_part(key(NAME)), plain_part(cert_bag(LEAF, ID), *ISSUERS)),
    "id of the key alone": (plain_part(key(NAME, ID)), plain_part(cert_bag(LEAF), *ISSUERS)),
    "id of the key and names": (plain_part(key(NAME, ID)), plain_part(cert_bag(LEAF, NAME), *ISSUERS)),
    "trusted": (plain_part(key(NAME)), plain_part(cert_bag(LEAF, friendly_name("t"), trusted_key_usage()), *ISSUERS)),
    "certificates first, no names": (plain_part(cert_bag(LEAF), *ISSUERS), plain_part(key(NAME))),
    "all in one": (plain_part(key(NAME), cert_bag(LEAF), *ISSUERS),),
}


@pytest.mark.parametrize("version", JRES[1:])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_chain_is_found_as_java_finds_it(layout: str, version: str, tmp_path: Path) -> None:
    """Where localKeyIds lack, a key has the chain that every Java finds, or none."""
    path = tmp_path / "store.p12"
    path.write_bytes(pfx(*LAYOUTS[layout]))
    (entry,) = (entry for entry in read(path).entries if isinstance(entry, PrivateKeyEntry))
    assert told(jre(version), path)["key"][1] == len(entry.chain)
