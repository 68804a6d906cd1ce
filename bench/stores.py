"""
Stores: making and listing them as whole processes beside keytool, and reading and writing them in the library.

    python -m bench.stores FORMAT PATH

reads a store, takes an entry out, gives one another alias, adds one, writes it, and says on stdout how many seconds of CPU that
took: a process of its own, so that its memory is that of one store.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from anchorkeep import formats
from anchorkeep.formats.recipe import Recipe
from anchorkeep.model.certificate import Certificate
from anchorkeep.model.truststore import TrustedCertEntry, TrustStore
from bench import program

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.program import Cost

PASSWORD = "changeit"  # noqa: S105 (public, and protects nothing)
FORMATS = ("pkcs12", "jks")
_BOURNE_SHELL = "/bin/sh"
_WRITTEN = ".written"


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What it costs to make a store of `roots` certificates; of keytool, `imported` were, each by a process of its own."""

    format: str
    roots: int
    ours: Cost
    keytool: Cost
    imported: int

    @property
    def times(self) -> float:
        """How many times faster ours is, one import of keytool costing what the measured ones did on average."""
        return self.keytool.wall / self.imported * self.roots / self.ours.wall


@dataclass(frozen=True, slots=True, kw_only=True)
class Edited:
    """Seconds of CPU and peak MiB of reading, editing and writing a large store."""

    format: str
    entries: int
    seconds: float
    memory: float


def cacerts() -> Path | None:
    """Return the JDK's own store, None where there is no keytool."""
    keytool = shutil.which("keytool")
    if keytool is None:
        return None
    found = Path(keytool).resolve().parent.parent / "lib" / "security" / "cacerts"
    return found if found.is_file() else None


def make(path: Path, rounds: int, *, imports: int | None) -> Iterator[Made]:
    """
    Yield what it costs to make a store of the roots of another, in each format, ours and by keytool.

    Args:
        path: where the roots are.
        rounds: how often ours is run.
        imports: how many keytool imports, None for all.
    """
    roots = formats.loads(path.read_bytes(), password=PASSWORD).certificates
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        (directory / "roots.pem").write_bytes(formats.dumps(roots, format="pem"))
        for number, root in enumerate(roots[:imports]):
            (directory / f"root-{number:03d}.crt").write_bytes(root.der)
        for format_name in FORMATS:
            costs = []
            for number in range(rounds + 1):
                target = f"{number}.{format_name}"
                command = [program.PROGRAM, "store", "new", target, "./roots.pem", "--storetype", format_name]
                costs.append(program.run_once(command, directory))
                made = formats.loads((directory / target).read_bytes(), password=PASSWORD)
                if set(made.trusted) != set(roots):
                    message = f"expected {len(roots)} certificates, got {len(made.trusted)}"
                    raise RuntimeError(message)
            options = f"-keystore peer.{format_name} -storetype {format_name} -storepass {PASSWORD}"
            importing = f'keytool -importcert -noprompt -alias "$root" -file "$root" {options}'
            script = f"for root in root-*.crt; do {importing} || exit 1; done"
            peer = program.run_once([_BOURNE_SHELL, "-c", script], directory)
            imported = len(roots[:imports])
            yield Made(format=format_name, roots=len(roots), ours=program.median(costs[1:]), keytool=peer, imported=imported)


def listing(path: Path, rounds: int) -> tuple[Cost, Cost, Cost]:
    """Return the costs of listing a store: ours into a pipe, ours as a table on a terminal, and keytool's into a pipe."""
    ours = [program.PROGRAM, "store", "list", str(path)]
    keytool = [str(shutil.which("keytool")), "-list", "-keystore", str(path), "-storepass", PASSWORD]
    piped, peer = program.run_in_turn([ours, keytool], rounds)
    [table] = program.run_in_turn([ours], rounds, on_terminal=True)
    return piped, table, peer


def read_and_write(path: Path, rounds: int) -> tuple[float, float]:
    """Return the median milliseconds of CPU in which the roots of a store are read as JKS, and written."""
    roots = formats.loads(path.read_bytes(), password=PASSWORD)
    data = formats.write(replace(roots, native=None), format="jks", recipe=_recipe())
    reading, writing = [], []
    for _ in range(rounds):
        began = time.process_time()
        store = formats.loads(data, password=PASSWORD)
        between = time.process_time()
        formats.write(store, format="jks", recipe=_recipe())
        writing.append(time.process_time() - between)
        reading.append(between - began)
    return statistics.median(reading) * 1000, statistics.median(writing) * 1000


def edit(entries: int, rounds: int) -> Iterator[Edited]:
    """Yield what it costs to read, edit and write a store of so many certificates, in each format."""
    store = TrustStore(format="jks", entries=tuple(_entries(entries)))
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        for format_name in FORMATS:
            path = directory / f"large.{format_name}"
            path.write_bytes(formats.write(store, format=format_name, recipe=_recipe()))
            costs, seconds = [], []
            for _ in range(rounds):
                # The checkout is where the module is found, wherever the process runs.
                command = ["/usr/bin/env", "-C", str(Path.cwd()), sys.executable, "-m", "bench.stores", format_name, str(path)]
                costs.append(program.run_once(command, directory))
                seconds.append(json.loads((directory / "output").read_text()))
            found = formats.loads(path.with_suffix(_WRITTEN).read_bytes(), password=PASSWORD)
            names = [entry.alias for entry in found.entries]
            if names != ["renamed", *(entry.alias for entry in store.entries[2:]), "new"]:
                message = "what was written is not what was meant"
                raise RuntimeError(message)
            cost = program.median(costs)
            yield Edited(format=format_name, entries=entries, seconds=statistics.median(seconds), memory=cost.memory)


def _entries(count: int) -> Iterator[TrustedCertEntry]:
    """Yield entries of certificates that differ in their serial number, whose signatures are those of the first."""
    from anchorkeep.mint import Authority

    at = datetime(2026, 1, 1, tzinfo=UTC)
    template = Authority.root("Bench Root", at=at, days=3650, entropy=os.urandom, key_type="RSA 2048").certificate
    serial = template.serial_number.to_bytes((template.serial_number.bit_length() + 8) // 8, "big")
    for number in range(count):
        other = serial[:1] + number.to_bytes(len(serial) - 1, "big")
        certificate = Certificate(template.der.replace(serial, other, 1))
        yield TrustedCertEntry(certificate=certificate, alias=f"root-{number:05d}", created=at + timedelta(minutes=number))


def _recipe() -> Recipe:
    return Recipe(at=datetime(2026, 1, 1, tzinfo=UTC), entropy=os.urandom, password=PASSWORD)


def _edit(format_name: str, path: Path) -> float:
    """Return the seconds of CPU in which a store is read, edited and written as bytes in memory; they are left beside it."""
    data = path.read_bytes()
    began = time.process_time()
    store = formats.loads(data, password=PASSWORD)
    first, second, *others = store.entries
    new = TrustedCertEntry(certificate=_certificate(first), alias="new")
    changed = (replace(second, alias="renamed"), *others, new)
    written = formats.write(replace(store, entries=changed), format=format_name, recipe=_recipe())
    seconds = time.process_time() - began
    path.with_suffix(_WRITTEN).write_bytes(written)
    return seconds


def _certificate(entry: object) -> Certificate:
    if not isinstance(entry, TrustedCertEntry):
        raise TypeError(entry)
    return entry.certificate


if __name__ == "__main__":
    print(_edit(sys.argv[1], Path(sys.argv[2])))
