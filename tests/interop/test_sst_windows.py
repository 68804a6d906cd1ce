"""
Serialized stores against crypt32, the interface that Windows' own programs read and write them with, as Wine makes it.

Wine 8 falls short of Windows in one thing: its reader of whole stores takes no property before a certificate, though its writer
puts them there, as Windows does. So properties are asked for element by element, which it reads as it should.
"""

import hashlib
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from anchorkeep import formats
from anchorkeep.formats import sst
from anchorkeep.model.truststore import StoreProperty, TrustedCertEntry
from tests.conftest import ROOT, missing
from tests.data.pki import chain

pytestmark = [pytest.mark.interop, pytest.mark.deep]

WINE = ROOT / ".tools" / "wine"
SOURCE = Path(__file__).parent / "windows" / "store.c"
CERTIFICATES, _ = chain()

Program = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def crypt32(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """Return how to run windows/store.c under Wine; without Wine the test is skipped, and fails under CI=true."""
    if not (WINE / "prefix").is_dir():
        missing("needs Wine in .tools/wine: tools/wine.sh")
    program = tmp_path_factory.mktemp("windows") / "store.exe"
    compiler = WINE / "usr" / "bin" / "x86_64-w64-mingw32-gcc-win32"
    environment = {"PATH": f"{compiler.parent}:{os.environ['PATH']}"}
    subprocess.run([compiler, "-Wall", "-Werror", "-o", program, SOURCE, "-lcrypt32"], env=environment, check=True)
    environment = {"PATH": os.environ["PATH"], "WINEPREFIX": str(WINE / "prefix"), "WINEDEBUG": "-all"}

    def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        command = [WINE / "usr" / "lib" / "wine" / "wine64", program, *arguments]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)

    yield run
    # Wine's services end by themselves when no program is left.
    subprocess.run([WINE / "usr" / "lib" / "wine" / "wineserver", "--wait"], env=environment, check=False, timeout=60)


def listed(result: subprocess.CompletedProcess[str]) -> list[tuple[str, str]]:
    """Return SHA-1 and friendly name of each certificate that was printed."""
    assert result.returncode == 0, result.stderr
    rows = (line.split(" ") for line in result.stdout.splitlines())
    return [(digest, bytes.fromhex(name).decode("utf-16-le").removesuffix("\0")) for digest, name in rows]


def sha1(data: bytes) -> str:
    """Return the thumbprint that Windows shows."""
    return hashlib.sha1(data, usedforsecurity=False).hexdigest()


def test_what_is_written_is_read(crypt32: Program, tmp_path: Path) -> None:
    """Crypt32 finds exactly the certificates that were put into a store."""
    path = tmp_path / "ours.sst"
    path.write_bytes(formats.dumps(CERTIFICATES, format="sst"))
    assert sorted(listed(crypt32("list", path))) == sorted((sha1(item.der), "") for item in CERTIFICATES)


def test_what_is_no_store_is_refused(crypt32: Program, tmp_path: Path) -> None:
    """Crypt32 refuses a store whose header is another, so that what it reads above, it reads as a store."""
    path = tmp_path / "broken.sst"
    path.write_bytes(b"\0\0\0\0CERS" + formats.dumps(CERTIFICATES, format="sst")[8:])
    refused = crypt32("list", path)
    assert (refused.returncode, refused.stdout) == (1, "")


def test_friendly_name_is_read(crypt32: Program, tmp_path: Path) -> None:
    """Crypt32 finds the alias as the friendly name, and takes a hash that belongs to another certificate for none."""
    wrong = StoreProperty(id=3, value=bytes(20))
    entry = TrustedCertEntry(certificate=CERTIFICATES[0], alias="Würzel \U0001f511", properties=(wrong,))
    path = tmp_path / "element"
    path.write_bytes(sst.dumps([entry])[8:-12])
    assert listed(crypt32("element", path)) == [(sha1(entry.certificate.der), "Würzel \U0001f511")]


def test_what_crypt32_writes_is_read(crypt32: Program, tmp_path: Path) -> None:
    """A store that crypt32 wrote is read with its friendly names, and written as the same bytes."""
    source, copy = tmp_path / "ours.sst", tmp_path / "theirs.sst"
    source.write_bytes(formats.dumps(CERTIFICATES, format="sst"))
    assert crypt32("copy", source, copy, "Vendor Root").returncode == 0
    store = formats.loads(copy.read_bytes())
    assert set(store.certificates) == set(CERTIFICATES)
    assert [entry.alias for entry in store.entries if isinstance(entry, TrustedCertEntry)] == ["Vendor Root"] * len(CERTIFICATES)
    assert sst.dumps(entry for entry in store.entries if isinstance(entry, TrustedCertEntry)) == copy.read_bytes()
