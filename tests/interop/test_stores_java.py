"""JKS and JCEKS stores between Java and us, both ways, on every Java there is."""

import base64
import functools
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from anchorkeep import formats
from anchorkeep.errors import StoreFormatError
from anchorkeep.formats import java_object, limits
from anchorkeep.formats.javaio import DataInput
from anchorkeep.formats.recipe import Recipe
from anchorkeep.model.certificate import Certificate
from anchorkeep.model.truststore import Entry, PrivateKeyEntry, SecretKeyEntry, TrustedCertEntry, TrustStore
from tests.conftest import require_jdks, require_tool
from tests.data.pki import chain
from tests.interop.keystores import OUTER_JRES, compiled, jre, keytool, listed, run
from tests.peers import process
from tests.peers.pki import Presented, present

pytestmark = [pytest.mark.interop, pytest.mark.slow]

PASSWORD, KEY_PASSWORD = "changeit", "of the key"
AT = datetime(2026, 11, 23, 18, 30, tzinfo=UTC)
(LEAF, MIDDLE, ROOT, _), RSA = chain()
TYPES = pytest.mark.parametrize("storetype", ["JKS", "JCEKS"])
#: What keytool puts into a store under a password of its own.
OWN_PASSWORDS = {"rsa": KEY_PASSWORD, "renamed": KEY_PASSWORD, "aes": KEY_PASSWORD, "server": KEY_PASSWORD}


# A JDK that is installed is mostly of a release that is among the runtimes, so it has its turn in the long run.
@pytest.fixture(scope="module", params=[*OUTER_JRES, pytest.param("jdk", marks=pytest.mark.deep)])
def homes(request: pytest.FixtureRequest) -> tuple[Path, ...]:
    """Return one of the runtimes of tools/jres.sh, or every JDK that is installed."""
    return require_jdks() if request.param == "jdk" else (jre(request.param),)


@pytest.fixture(scope="module")
def classes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the compiled programs."""
    folder = tmp_path_factory.mktemp("classes")
    compiled("TlsClient", folder)
    compiled("ObjectStreams", folder)
    return compiled("StoreProbe", folder)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Presented, int]]:
    """Run a server, and give what it presents and its port."""
    folder = tmp_path_factory.mktemp("server")
    presented, port = present("service.test"), process.free_port()
    key, leaf, rest, _ = presented.write(folder)
    command = [
        require_tool("openssl"),
        "s_server",
        "-accept",
        str(port),
        "-key",
        key,
        "-cert",
        leaf,
        "-cert_chain",
        rest,
        "-quiet",
    ]
    with process.server(command, port=port, log=folder / "log"):
        yield presented, port


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path, str], bytes]:
    """
    Return a function that lets a runtime's keytool fill a store, once for each runtime and type.

    It holds RSA and EC keys, two certificates, and in JCEKS secrets of three kinds.
    """
    folder = tmp_path_factory.mktemp("keytool")

    @functools.cache
    def fill(home: Path, storetype: str) -> bytes:
        path = folder / f"{home.name}.{storetype}"
        common = ["-keystore", path, "-storetype", storetype, "-storepass", PASSWORD]
        for alias, algorithm, password in (("rsa", "RSA", KEY_PASSWORD), ("ec", "EC", PASSWORD)):
            keytool(home, "-genkeypair", "-alias", alias, "-keyalg", algorithm, "-dname", "CN=a", "-keypass", password, *common)
        for alias, certificate in (("root", ROOT), ("würzel", MIDDLE)):
            file = folder / "certificate"
            file.write_bytes(certificate.der)
            keytool(home, "-J-Dsun.jnu.encoding=UTF-8", "-importcert", "-alias", alias, "-file", file, "-noprompt", *common)
        if storetype == "JCEKS":
            for alias, algorithm, password in (("aes", "AES", KEY_PASSWORD), ("hmac", "HmacSHA256", PASSWORD)):
                options = ["-keysize", "256", "-keypass", password]
                keytool(home, "-genseckey", "-alias", alias, "-keyalg", algorithm, *options, *common)
            secret = b"a secret password\n" * 2
            run(home / "bin" / "keytool", "-importpass", "-alias", "password", "-keypass", PASSWORD, *common, data=secret)
        return path.read_bytes()

    return fill


def probed(
    home: Path, classes: Path, path: Path, storetype: str, passwords: Mapping[str, str] | None = None
) -> dict[str, list[str]]:
    """Return for each alias what StoreProbe tells: date, kind, and what its key could do."""
    given = [f"{alias}={password}" for alias, password in (OWN_PASSWORDS if passwords is None else passwords).items()]
    output = run(home / "bin" / "java", "-cp", classes, "StoreProbe", storetype, path, PASSWORD, *given)
    return {line.split("\t")[0]: line.split("\t")[1:] for line in output.splitlines()}


def recipe() -> Recipe:
    """Return what a store is written with."""
    return Recipe(at=AT, entropy=os.urandom, password=PASSWORD)


def edited(store: TrustStore) -> TrustStore:
    """Return a store with one entry less, one renamed and one more."""
    entries: list[Entry] = [replace(entry, alias="renamed") if entry.alias == "rsa" else entry for entry in store.entries]
    kept = [entry for entry in entries if entry.alias != "root"]
    return replace(store, entries=(TrustedCertEntry(certificate=LEAF, alias="neu-\u00fc", created=AT), *kept))


@TYPES
def test_a_store_of_keytool_survives_an_edit(
    homes: tuple[Path, ...], classes: Path, filled: Callable[[Path, str], bytes], tmp_path: Path, storetype: str
) -> None:
    """A store that keytool filled opens after an edit of ours: dates and passwords stay, keys sign, secrets are the same."""
    for home in homes:
        path, data = tmp_path / "store", filled(home, storetype)
        path.write_bytes(data)
        before = probed(home, classes, path, storetype)
        store = formats.loads(data, password=PASSWORD)
        assert {entry.alias for entry in store.entries} == set(before)
        assert formats.write(store, format=storetype.lower(), recipe=recipe()) == data
        path.write_bytes(formats.write(edited(store), format=storetype.lower(), recipe=recipe()))
        expected = {"renamed" if alias == "rsa" else alias: told for alias, told in before.items() if alias != "root"}
        added = [str(round(AT.timestamp() * 1000)), "trusted", LEAF.sha256.hex()]
        assert probed(home, classes, path, storetype) == expected | {"neu-\u00fc": added}
        assert set(listed(home, path, password=PASSWORD)) == {*expected, "neu-\u00fc"}


@TYPES
def test_a_password_of_a_key_is_still_asked_for(
    classes: Path, filled: Callable[[Path, str], bytes], tmp_path: Path, storetype: str
) -> None:
    """After an edit a key that had a password of its own does not open under the store's."""
    home, path = jre("25.0.2"), tmp_path / "store"
    store = formats.loads(filled(home, storetype), password=PASSWORD)
    path.write_bytes(formats.write(edited(store), format=storetype.lower(), recipe=recipe()))
    with pytest.raises(pytest.fail.Exception, match="UnrecoverableKeyException"):
        probed(home, classes, path, storetype, passwords={})


def test_a_jks_store_opens_as_jceks(
    homes: tuple[Path, ...], classes: Path, filled: Callable[[Path, str], bytes], tmp_path: Path
) -> None:
    """A JKS store with keys that is written as JCEKS opens, and its keys sign: Java knows JKS's protection there too."""
    for home in homes:
        path, data = tmp_path / "store", filled(home, "JKS")
        path.write_bytes(data)
        store = formats.loads(data, password=PASSWORD)
        before = probed(home, classes, path, "JKS")
        path.write_bytes(formats.write(replace(store, format="jceks"), format="jceks", recipe=recipe()))
        assert probed(home, classes, path, "JCEKS") == before


@TYPES
def test_a_store_of_ours_opens(homes: tuple[Path, ...], classes: Path, tmp_path: Path, storetype: str) -> None:
    """A store that we made, with certificates and with keys sealed by us, is listed by keytool, and its keys sign in the JVM."""
    name, path = storetype.lower(), tmp_path / "store"
    presented = present()
    rsa = load_pem_private_key(RSA, None).private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    elliptic = presented.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    own = replace(recipe(), password=KEY_PASSWORD)
    store = TrustStore(
        format=name,
        entries=(
            PrivateKeyEntry(alias="server", chain=(LEAF, MIDDLE, ROOT), key=formats.lock(rsa, format=name, recipe=own)),
            TrustedCertEntry(certificate=ROOT, alias="w\u00fcrzel"),
            PrivateKeyEntry(
                alias="ec",
                chain=tuple(Certificate(der) for der in presented.der),
                key=formats.lock(elliptic, format=name, recipe=recipe()),
            ),
        ),
    )
    path.write_bytes(formats.write(store, format=name, recipe=recipe()))
    date = str(round(AT.timestamp() * 1000))
    for home in homes:
        assert probed(home, classes, path, storetype) == {
            "ec": [date, "private", "EC", "3", store.certificates[4].sha256.hex()],
            "server": [date, "private", "RSA", "3", LEAF.sha256.hex()],
            "w\u00fcrzel": [date, "trusted", ROOT.sha256.hex()],
        }
        assert listed(home, path, password=PASSWORD) == {
            entry.alias: [certificate.sha256.hex() for certificate in TrustStore(format=name, entries=(entry,)).certificates]
            for entry in store.entries
        }


@TYPES
def test_keytool_edits_a_store_of_ours(homes: tuple[Path, ...], tmp_path: Path, storetype: str) -> None:
    """A store that we made is edited by keytool, and is then read with the entries that keytool left and added."""
    name, path = storetype.lower(), tmp_path / "store"
    (tmp_path / "certificate").write_bytes(LEAF.der)
    entries = tuple(
        TrustedCertEntry(certificate=certificate, alias=alias, created=AT) for alias, certificate in (("a", ROOT), ("b", MIDDLE))
    )
    for home in homes:
        path.write_bytes(formats.write(TrustStore(format=name, entries=entries), format=name, recipe=recipe()))
        common = ["-keystore", path, "-storetype", storetype, "-storepass", PASSWORD]
        keytool(home, "-importcert", "-alias", "c", "-file", tmp_path / "certificate", "-noprompt", *common)
        keytool(home, "-delete", "-alias", "a", *common)
        store = formats.loads(path.read_bytes(), password=PASSWORD)
        assert {entry.alias: entry.certificate for entry in store.entries if isinstance(entry, TrustedCertEntry)} == {
            "b": MIDDLE,
            "c": LEAF,
        }
        assert entries[1] in store.entries


def test_the_roots_of_a_java_are_written_as_they_stood(homes: tuple[Path, ...]) -> None:
    """The cacerts of each Java that ships it as JKS is written byte for byte."""
    for home in homes:
        data = (home / "lib" / "security" / "cacerts").read_bytes()
        store = formats.loads(data, password=PASSWORD)
        if store.format == "jks":
            assert formats.write(store, format="jks", recipe=recipe()) == data
        else:
            assert (store.format, len(store.entries) > 100) == ("pkcs12", True)


@TYPES
def test_a_client_trusts_what_we_wrote(
    homes: tuple[Path, ...], classes: Path, tmp_path: Path, service: tuple[Presented, int], storetype: str
) -> None:
    """A TLS client connects with a trust store of ours that holds the root, and refuses the server without it."""
    presented, port = service
    (root,) = formats.loads(presented.root).certificates
    for certificate, expected in ((root, "trusted TLSv1.3"), (ROOT, "PKIX path building failed")):
        store = TrustStore(format=storetype.lower(), entries=(TrustedCertEntry(certificate=certificate, alias="root"),))
        path = tmp_path / "store"
        path.write_bytes(formats.write(store, format=storetype.lower(), recipe=recipe()))
        for home in homes:
            arguments = (storetype, path, PASSWORD, "service.test", str(port))
            assert expected in run(home / "bin" / "java", "-cp", classes, "TlsClient", *arguments)


def test_how_the_keys_of_keytool_are_protected_is_told(filled: Callable[[Path, str], bytes]) -> None:
    """Of a JCEKS store that keytool filled, private and secret keys alike are known to be under one algorithm of its own."""
    store = formats.loads(filled(jre("25.0.2"), "JCEKS"), password=PASSWORD)
    assert [item.algorithm for item in store.protection] == ["SHA-1", "PBEWithMD5AndTripleDES"]
    assert store.protection[1].iterations == 200_000
    assert sum(isinstance(entry, SecretKeyEntry) for entry in store.entries) == 3


def test_the_walker_ends_where_java_ended(homes: tuple[Path, ...], classes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Objects of every kind that Java serializes end for us where Java's writer ended, and a byte less is refused."""
    # Sealed keys are small; what a walker must know of the grammar is not.
    monkeypatch.setattr(limits, "MAX_OBJECT_VALUES", 10_000)
    monkeypatch.setattr(limits, "MAX_OBJECT_DEPTH", 32)
    for home in homes:
        for line in run(home / "bin" / "java", "-cp", classes, "ObjectStreams").splitlines():
            name, text = line.split("\t")
            stream = base64.b64decode(text)
            source = DataInput(stream + stream, end=2 * len(stream), place=name)
            java_object.read(source)
            assert (name, source.position) == (name, len(stream))
            with pytest.raises(StoreFormatError):
                java_object.read(DataInput(stream[:-1], end=len(stream) - 1, place=name))
