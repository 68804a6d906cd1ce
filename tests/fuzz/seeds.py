"""
Where fuzzing begins: good files of every format, made by hand, and of every program here that writes one.

A fuzzer that begins with a real file is at once in the depths of its format; one that begins with nothing seldom comes so far.
"""

import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from anchorkeep.formats import pkcs7
from anchorkeep.tlv import writer
from tests.conftest import ROOT as CHECKOUT
from tests.conftest import find_tool, jdks
from tests.data import java, pki, stores
from tests.data.stores import PASSWORD, armored, bks_entry, bks_plain_key, bks_sealed, bks_trusted, cert_bag, certificate, key_bag

LEAF, MIDDLE, ROOT = certificate("leaf", "middle"), certificate("middle", "root"), certificate("root")

_BKS = (
    bks_trusted("root", ROOT),
    bks_entry(2, "plain", bks_plain_key(), LEAF, ROOT),
    bks_entry(2, "raw", bks_plain_key(2, key_format="RAW")),
    bks_entry(4, "sealed", bks_sealed(), LEAF, MIDDLE),
)
_JKS = (stores.jks_trusted("würzel", ROOT), stores.jks_key("server", [LEAF, MIDDLE]))

#: Files by format, made by hand.
SAMPLES: Mapping[str, tuple[bytes, ...]] = {
    "pem": (
        b"# comment\r\n" + armored(LEAF.der) + armored(b"key", "PRIVATE KEY") + armored(ROOT.der, "TRUSTED CERTIFICATE"),
        armored(pkcs7.dumps([LEAF, ROOT]), "PKCS7"),
    ),
    "der": (LEAF.der + ROOT.der,),
    "pkcs7": (pkcs7.dumps([LEAF, MIDDLE, ROOT]),),
    "pkcs12": (
        stores.pfx(
            stores.encrypted_part(cert_bag(ROOT, stores.friendly_name("root"), stores.trusted_key_usage())),
            stores.plain_part(key_bag(stores.local_key_id(b"1")), cert_bag(LEAF, stores.local_key_id(b"1")), cert_bag(MIDDLE)),
        ),
        stores.pfx(stores.plain_part(cert_bag(ROOT), stores.bag(6, writer.sequence(cert_bag(MIDDLE)))), password=None),
    ),
    "jks": (stores.jks(*_JKS), stores.jks(stores.jks_trusted("root", ROOT, version=1), version=1)),
    "jceks": (java.jceks(*_JKS, java.jceks_secret("secret")),),
    "bks": tuple(stores.bks(*_BKS, version=version) for version in (1, 2)),
    "sst": (
        stores.sst(
            stores.sst_element(11, "würzel\0".encode("utf-16-le")),
            stores.sst_element(32, ROOT.der),
            stores.sst_element(33, stores.crl()),
            stores.sst_element(34, pkcs7.dumps([LEAF]), encoding=0x10001),
        ),
    ),
}


def written(directory: Path) -> dict[str, list[bytes]]:
    """
    Return files by format that programs wrote, each in its own way; a program that is not here is left out, and so is its file.

    Iterations are few, for a fuzzer reads its seeds thousands of times.
    """
    (leaf, middle, root, _), key = pki.chain()
    (directory / "key.pem").write_bytes(key)
    pkcs8 = load_pem_private_key(key, None).private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    (directory / "key.der").write_bytes(pkcs8)
    (directory / "chain.pem").write_bytes(b"".join(armored(item.der) for item in (leaf, middle, root)))
    found = {"der": [item.der for item in (leaf, middle, root)]}
    for format_name, name, commands in _commands(directory):
        if all(_succeeds(command, directory) for command in commands):
            found.setdefault(format_name, []).append((directory / name).read_bytes())
    return found


def _succeeds(command: list[str], directory: Path) -> bool:
    try:
        done = subprocess.run(command, cwd=directory, capture_output=True, check=False, timeout=120, stdin=subprocess.DEVNULL)
    except OSError:
        return False
    return done.returncode == 0


def _commands(directory: Path) -> Iterator[tuple[str, str, list[list[str]]]]:
    """Yield for each file its format, its name, and what is to be run to make it."""
    if openssl := find_tool("openssl"):
        export = [str(openssl), "pkcs12", "-export", "-in", "chain.pem", "-inkey", "key.pem", "-passout", f"pass:{PASSWORD}"]
        export += ["-iter", "1", "-name", "server"]
        yield "pkcs12", "openssl.p12", [[*export, "-out", "openssl.p12"]]
        yield "pkcs12", "legacy.p12", [[*export, "-legacy", "-out", "legacy.p12"]]
        yield "pkcs12", "plain.p12", [[*export, "-keypbe", "NONE", "-certpbe", "NONE", "-nomac", "-out", "plain.p12"]]
        yield (
            "pkcs7",
            "openssl.p7b",
            [[str(openssl), "crl2pkcs7", "-nocrl", "-certfile", "chain.pem", "-outform", "DER", "-out", "openssl.p7b"]],
        )
        yield (
            "pem",
            "trusted.pem",
            [[str(openssl), "x509", "-in", "chain.pem", "-trustout", "-addtrust", "serverAuth", "-out", "trusted.pem"]],
        )
    if certtool := find_tool("certtool"):
        command = [
            str(certtool),
            "--to-p12",
            "--load-certificate",
            "chain.pem",
            "--load-privkey",
            "key.pem",
            "--p12-name",
            "server",
        ]
        yield "pkcs12", "certtool.p12", [[*command, "--password", PASSWORD, "--outder", "--outfile", "certtool.p12"]]
    jres = CHECKOUT / ".tools" / "jre"
    for home in (*(sorted(jres.iterdir()) if jres.is_dir() else ()), *jdks()):
        yield from _of_keytool(home)
    yield from _of_bouncy_castle(directory)


def _of_keytool(home: Path) -> Iterator[tuple[str, str, list[list[str]]]]:
    few = [f"-J-Dkeystore.pkcs12.{what}IterationCount=1" for what in ("certPbe", "keyPbe", "mac")]
    for storetype in ("jks", "jceks", "pkcs12"):
        name = f"{home.name}.{storetype}"
        keytool = [str(home / "bin" / "keytool"), "-J-Djceks.key.iterationCount=10000", *few]
        options = ["-storetype", storetype, "-storepass", PASSWORD, "-keypass", PASSWORD, "-keystore", name]
        commands = [
            [*keytool, "-genkeypair", "-alias", "key", "-keyalg", "EC", "-dname", "CN=key", *options],
            [*keytool, "-importcert", "-noprompt", "-alias", "root", "-file", "chain.pem", *options],
        ]
        if storetype != "jks":
            commands.append([*keytool, "-genseckey", "-alias", "secret", "-keyalg", "AES", "-keysize", "256", *options])
        yield storetype, name, commands


def _of_bouncy_castle(directory: Path) -> Iterator[tuple[str, str, list[list[str]]]]:
    jar, source = Path("/usr/share/java/bcprov.jar"), CHECKOUT / "tests" / "interop" / "java" / "BouncyCastleStore.java"
    java_, javac = shutil.which("java"), shutil.which("javac")
    if not jar.is_file() or java_ is None or javac is None:
        return
    run = [java_, "-Dorg.bouncycastle.bks.enable_v1=true", "-cp", f"{jar}:{directory}", "BouncyCastleStore", "write"]
    for format_name, storetype in (("bks", "BKS"), ("bks", "BKS-V1"), ("pkcs12", "PKCS12")):
        name = f"bouncy-castle.{storetype}"
        yield (
            format_name,
            name,
            [
                [javac, "--release", "11", "-d", str(directory), str(source)],
                [*run, storetype, name, PASSWORD, PASSWORD, "chain.pem", "key.der", "RSA"],
            ],
        )
