"""What other programs say a file holds: keytool, openssl and certtool, each asked for fingerprints of its own reading."""

import binascii
import hashlib
import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.conftest import ROOT, missing, require_jdks, require_tool

JRES = ("11.0.9", "11.0.13", "17.0.2", "21.0.8", "25.0.2")
#: The oldest and the newest; those between have their turn in the long run, where Java's rules are the same in all of them.
OUTER_JRES = tuple(
    version if version in {JRES[0], JRES[-1]} else pytest.param(version, marks=pytest.mark.deep) for version in JRES
)

# The first names the encoding of output until Java 18, the second from then on.
_JAVA_OPTIONS = ("-J-Dfile.encoding=UTF-8", "-J-Dstdout.encoding=UTF-8", "-J-Duser.language=en")
# Programs that run for a blink: one compiler and one collector of garbage are half the work. Making an RSA key is long.
_SHORT = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")

_BLOCK = re.compile(r"-----BEGIN CERTIFICATE-----\s(.*?)-----END CERTIFICATE-----", re.DOTALL)


def jre(version: str) -> Path:
    """Return the home of a Java runtime unpacked by tools/jres.sh; without it the test is skipped, and fails under CI=true."""
    home = ROOT / ".tools" / "jre" / version
    if not (home / "bin" / "keytool").is_file():
        missing(f"needs Java {version} in .tools/jre: tools/jres.sh")
    return home


def run(*command: str | Path, data: bytes | None = None) -> str:
    """Run a program, which must succeed, and return its output."""
    # Java takes its arguments in the locale's encoding, and the options of `java`, not of keytool, from the second.
    environment = os.environ | {"LC_ALL": "C.UTF-8", "JDK_JAVA_OPTIONS": " ".join(_SHORT)}
    result = subprocess.run(
        [str(part) for part in command], input=data, capture_output=True, check=False, timeout=120, env=environment
    )
    output = result.stdout.decode("utf-8", "replace")
    if result.returncode:
        pytest.fail(f"{command[0]} {command[1]}: {output}{result.stderr.decode('utf-8', 'replace')}")
    return output


def keytool(home: Path, *arguments: str | Path) -> str:
    """Run a runtime's keytool in English; what it prints is UTF-8."""
    short = () if "-genkeypair" in arguments else (f"-J{option}" for option in _SHORT)
    return run(home / "bin" / "keytool", *_JAVA_OPTIONS, *short, *arguments)


def compiled(program: str, folder: Path) -> Path:
    """Compile a program of `java/` for every Java from 11 on, into a folder, and return the folder."""
    require_jdks()
    run(require_tool("javac"), "--release", "11", "-d", folder, Path(__file__).parent / "java" / f"{program}.java")
    return folder


def fingerprints(pem: str) -> list[str]:
    """Return the SHA-256 of each certificate of a program's output, in hex, in its order."""
    return [hashlib.sha256(binascii.a2b_base64(body)).hexdigest() for body in _BLOCK.findall(pem)]


def listed(home: Path, store: Path, *, password: str) -> dict[str, list[str]]:
    """Return for each alias of a key store the fingerprints that keytool lists."""
    output = keytool(home, "-list", "-rfc", "-keystore", store, "-storepass", password)
    entries = re.split(r"^Alias name: ", output, flags=re.MULTILINE)[1:]
    return {entry.split("\n", 1)[0].rstrip("\r"): fingerprints(entry) for entry in entries}
