"""What the rules say of a store is what real Java runtimes do with it: whether they open it and its keys, and what they trust."""

import struct
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from anchorkeep import formats
from anchorkeep.actions import java
from anchorkeep.judge import opening
from anchorkeep.judge import store as judged
from anchorkeep.model.certificate import Certificate
from anchorkeep.model.truststore import PrivateKeyEntry, TrustedCertEntry
from tests.conftest import require_jdks, require_tool
from tests.data import pki, stores
from tests.interop.keystores import JRES, jre, run
from tests.peers import reports

pytestmark = pytest.mark.interop

PROGRAM = Path(__file__).parent / "java" / "StoreOpening.java"
PASSWORD, OTHER_PASSWORD = "changeit", "pässwörd"
(LEAF, MIDDLE, ROOT, HOSTILE), KEY = pki.chain()

# Options of `openssl pkcs12 -export` with a key, by what is then in the store.
_TDES = ["-keypbe", "PBE-SHA1-3DES", "-macalg", "sha1"]
OPENSSL = {
    "modern": [],
    "legacy": ["-legacy"],
    "rc2-128": ["-legacy", "-certpbe", "PBE-SHA1-RC2-128", *_TDES],
    "3des": ["-certpbe", "PBE-SHA1-3DES", *_TDES],
    "2des": ["-certpbe", "PBE-SHA1-2DES", *_TDES],
    "aes-128": ["-certpbe", "aes-128-cbc"],
    "aes-192": ["-certpbe", "aes-192-cbc"],
    "pbes2-3des": ["-certpbe", "des-ede3-cbc", *_TDES],
    "aes-192-key": ["-certpbe", "aes-256-cbc", "-keypbe", "aes-192-cbc"],
    "modern-key": ["-certpbe", "PBE-SHA1-3DES", "-keypbe", "aes-256-cbc", "-macalg", "sha1"],
    "modern-certificates": ["-certpbe", "aes-256-cbc", *_TDES],
    "sha224": ["-macalg", "sha224"],
    "sha384": ["-macalg", "sha384"],
    "sha512": ["-macalg", "sha512"],
    "sha256-over-3des": ["-certpbe", "PBE-SHA1-3DES", "-keypbe", "PBE-SHA1-3DES"],
    "no-mac": ["-nomac", "-certpbe", "aes-256-cbc"],
    "no-mac-3des": ["-nomac", "-certpbe", "PBE-SHA1-3DES", "-keypbe", "PBE-SHA1-3DES"],
    "no-mac-plain": ["-nomac", "-certpbe", "NONE", "-keypbe", "PBE-SHA1-3DES"],
    "plain-certificates": ["-certpbe", "NONE", *_TDES],
}
# Written with a password beyond ASCII.
OTHER = ("modern", "3des", "no-mac-plain", "plain-certificates", "modern-certificates")
FIRST, SECOND = stores.certificate("first"), stores.certificate("second")


@dataclass(frozen=True, kw_only=True)
class Case:
    """A store, its type as Java names it, and its password."""

    data: bytes
    type: str = "PKCS12"
    password: str = PASSWORD


def by_hand() -> Mapping[str, Case]:
    """Return stores whose entries Java does not all see, or that no program here writes."""
    one, two = stores.friendly_name("one"), stores.friendly_name("two")
    tagged = stores.trusted_key_usage()
    jceks = b"\xce\xce\xce\xce" + struct.pack(">ii", 2, 2)
    jceks += stores.jks_trusted("High", MIDDLE) + stores.jks_trusted("low", ROOT)
    safe = stores.writer.sequence(stores.plain_part(stores.cert_bag(ROOT, one, tagged)))
    return {
        "jks-upper-case": Case(type="JKS", data=stores.jks(stores.jks_trusted("High", MIDDLE), stores.jks_trusted("low", ROOT))),
        "jks-case": Case(type="JKS", data=stores.jks(stores.jks_trusted("Same", MIDDLE), stores.jks_trusted("same", ROOT))),
        "jks-twice": Case(type="JKS", data=stores.jks(stores.jks_trusted("same", MIDDLE), stores.jks_trusted("same", ROOT))),
        "jks-other-password": Case(
            type="JKS", password=OTHER_PASSWORD, data=stores.jks(stores.jks_trusted("a", ROOT), password=OTHER_PASSWORD)
        ),
        "jceks-upper-case": Case(type="JCEKS", data=stores.sealed(jceks)),
        "twice": Case(
            data=stores.pfx(stores.plain_part(stores.cert_bag(MIDDLE, one, tagged), stores.cert_bag(ROOT, one, tagged)))
        ),
        "tagged": Case(data=stores.pfx(stores.plain_part(stores.cert_bag(MIDDLE, one, tagged), stores.cert_bag(ROOT, two)))),
        "untagged": Case(data=stores.pfx(stores.plain_part(stores.cert_bag(MIDDLE), stores.cert_bag(ROOT)))),
        "unencrypted-key": Case(data=stores.pfx(stores.plain_part(_plain_key(), stores.cert_bag(ROOT, two, tagged)))),
        "without-protection": Case(data=stores.pfx(stores.plain_part(stores.cert_bag(ROOT, one, tagged)), password=None)),
        "pbmac1": Case(data=stores.sealed_pfx(safe, stores.pbmac1_data(safe))),
    }


def _plain_key() -> bytes:
    key = load_pem_private_key(KEY, None).private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return stores.bag(1, key, stores.friendly_name("key"))


def by_openssl(folder: Path) -> Mapping[str, Case]:
    """Return a key with its chain as openssl writes it in many ways."""
    (folder / "chain.pem").write_bytes(formats.dumps([LEAF, MIDDLE, ROOT], format="pem"))
    (folder / "key.pem").write_bytes(KEY)
    cases: dict[str, Case] = {}
    for name, options in OPENSSL.items():
        for password in (PASSWORD, *((OTHER_PASSWORD,) if name in OTHER else ())):
            (folder / "password").write_text(password + "\n", encoding="utf-8")
            run(
                require_tool("openssl"), "pkcs12", "-export", "-in", folder / "chain.pem", "-inkey", folder / "key.pem",
                "-name", "server", "-passout", f"file:{folder / 'password'}", "-out", folder / "store.p12", *options,
            )  # fmt: skip
            label = name if password == PASSWORD else f"{name}-other-password"
            cases[label] = Case(data=(folder / "store.p12").read_bytes(), password=password)
    return cases


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Case]:
    """Return all stores by their names."""
    return {**by_openssl(tmp_path_factory.mktemp("openssl")), **by_hand()}


@pytest.fixture(scope="module")
def classes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the compiled program; it runs on every Java from 11 on."""
    folder = tmp_path_factory.mktemp("classes")
    require_jdks()
    run(require_tool("javac"), "--release", "11", "-d", folder, PROGRAM)
    return folder


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a runtime makes of a store: whether it opens, how many of its keys do, and the fingerprints of its anchors."""

    opens: bool
    keys: int
    anchors: set[str]


@pytest.fixture(scope="module", params=JRES)
def version(request: pytest.FixtureRequest) -> str:
    """Return each runtime's version."""
    return str(request.param)


@pytest.fixture(scope="module")
def answers(
    version: str, classes: Path, cases: Mapping[str, Case], tmp_path_factory: pytest.TempPathFactory
) -> Mapping[str, Answer]:
    """Return what the runtime makes of each store."""
    folder = tmp_path_factory.mktemp("stores")
    lines = []
    for name, case in cases.items():
        (folder / name).write_bytes(case.data)
        lines.append(f"{case.type}\t{case.password}\t{folder / name}\n")
    (folder / "stores").write_text("".join(lines), encoding="utf-8")
    output = run(jre(version) / "bin" / "java", "-cp", classes, "StoreOpening", folder / "stores")
    return dict(zip(cases, map(answer, output.splitlines()), strict=True))


def answer(line: str) -> Answer:
    """Read a line of the program."""
    opens, keys, anchors = line.split("\t")
    return Answer(opens=opens == "opens", keys=int(keys), anchors=set(filter(None, anchors.split(","))))


def test_runtime_does_what_the_rules_say(version: str, cases: Mapping[str, Case], answers: Mapping[str, Answer]) -> None:
    """A runtime opens a store, and all its keys, if and only if the rules say so."""
    runtime = java.named(f"jre:{jre(version)}")
    wrong = {}
    for name, case in cases.items():
        store = formats.loads(case.data, password=case.password, name=name)
        said = opening.opening(store, runtime, password=case.password)
        keys = sum(isinstance(entry, PrivateKeyEntry) for entry in store.entries)
        done = answers[name]
        if (said.opens, said.opens_keys) != (done.opens, done.opens and done.keys == keys):
            wrong[name] = (said, done)
    assert wrong == {}
    assert {item.opens for item in answers.values()} == {True, False}


def test_runtime_trusts_what_is_not_found_invisible(cases: Mapping[str, Case], answers: Mapping[str, Answer]) -> None:
    """A runtime's anchors are the trusted certificates of the store less those that a finding says it does not see."""
    made = [name for name in by_hand() if answers[name].opens]
    assert {name: answers[name].anchors for name in made} == {name: seen(cases[name]) for name in made}


def seen(case: Case) -> set[str]:
    """Return the fingerprints of the certificates that Java sees by our findings."""
    store = formats.loads(case.data, password=case.password)
    trusted = [entry for entry in store.entries if isinstance(entry, TrustedCertEntry)]
    hidden: set[Certificate] = set()
    for finding in judged.inspect(store, opening.openings(store, password=case.password), at=reports.AT):
        match finding.id:
            case "alias-upper-case" | "alias-repeated" | "not-trusted-by-java":
                hidden.update(finding.certificates)
    return {entry.certificate.sha256.hex() for entry in trusted if entry.certificate not in hidden}


def test_keytool_fails_for_upper_case(version: str, tmp_path: Path) -> None:
    """Keytool lists no JKS store in which an alias has upper case, and the finding says so; in lower case it does."""
    for alias, is_listed in (("High", False), ("high", True)):
        path = tmp_path / alias
        path.write_bytes(stores.jks(stores.jks_trusted(alias, ROOT)))
        command = [jre(version) / "bin" / "keytool", "-list", "-keystore", path, "-storepass", PASSWORD]
        result = subprocess.run([str(part) for part in command], capture_output=True, check=False, timeout=60)
        assert (result.returncode == 0) is is_listed
        store = formats.loads(path.read_bytes(), password=PASSWORD)
        ids = {item.id for item in judged.inspect(store, (), at=reports.AT)}
        assert ("alias-upper-case" in ids) is not is_listed
