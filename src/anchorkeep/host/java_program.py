"""
The program that a Java virtual machine runs for us: its source goes with this package, and is compiled once for each JDK.

Rules kept here:
- what is run was compiled by the JDK that runs it, from this source, by us: it is kept in a folder that its owner alone may
  write, under a name that follows from all three, and is read through the folder's descriptor and copied before it is run;
- where nothing can be kept, as without a home, Java compiles the source anew on every run (JEP 330), which takes half a second.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import io
import os
import zipfile
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from anchorkeep.errors import AnchorkeepError
from anchorkeep.host import private_folder
from anchorkeep.host.archive import READ_ONLY
from anchorkeep.host.file import contents
from anchorkeep.host.temporary import temporary

if TYPE_CHECKING:
    from anchorkeep.host.jre import Jre

#: No variable of the caller's: neither a class nor an option that lies about changes what Java does.
ENVIRONMENT = {"LC_ALL": "C.UTF-8"}
# A program that runs for a blink: one compiler and one collector of garbage are half the work. No file in /tmp of its own.
OPTIONS = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-XX:-UsePerfData", "-Xshare:auto", "-Duser.language=en")
_NAME = "TrustProof"
_FOLDER = "java"
#: Bytes of what is kept: the classes are 14 KB.
_MAX = 1024 * 1024
#: Seconds for the compiler, which needs one.
_SECONDS = 60.0
_REMEDY = "Remove it; it is made anew."


async def lay_out(jdk: Jre, folder: Path, *, cache: Path | None) -> tuple[str | Path, ...]:
    """
    Lay the program out in a folder, and return the arguments that let `java` run it from there.

    Args:
        jdk: runs it, and compiles it.
        folder: new, of its owner alone; its owner removes it.
        cache: the folder of what can be made anew at any time, where the classes are kept, absolute; None keeps nothing.

    Raises:
        OSError: the folder takes no file.
    """
    source = resources.files("anchorkeep.host").joinpath("java", f"{_NAME}.java").read_bytes()
    program = folder / f"{_NAME}.java"
    program.write_bytes(source)
    classes = None if cache is None else await _classes(jdk, program, cache / _FOLDER, name=_name_of(jdk, source))
    if classes is None:
        return (*OPTIONS, "-cp", folder, program)
    archive = folder / f"{_NAME}.jar"
    archive.write_bytes(classes)
    return (*OPTIONS, "-cp", archive, _NAME)


async def _classes(jdk: Jre, program: Path, place: Path, *, name: str) -> bytes | None:
    """Return the classes that are kept, or compile and keep them; None where that cannot be."""
    try:
        private_folder.make(place, remedy=_REMEDY)
        with private_folder.opened(place, remedy=_REMEDY) as kept:
            if kept is None:
                return None
            classes = _read(kept, place, name)
            if classes is None:
                classes = await _compiled(jdk, program)
                if classes is not None:
                    _keep(kept, name, classes)
            return classes
    except (AnchorkeepError, OSError):
        # A home that is full, read-only or another user's makes the proof slower, and no worse.
        return None


def _name_of(jdk: Jre, source: bytes) -> str:
    parts = (source, os.fsencode(jdk.home.resolve()), (jdk.version or "").encode())
    digest = hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts))
    return f"{_NAME}-{digest.hexdigest()}.jar"


def _read(folder: int, place: Path, name: str) -> bytes | None:
    """Return an archive that we wrote, None where there is none or it is damaged."""
    try:
        descriptor = os.open(name, READ_ONLY, dir_fd=folder)
    except FileNotFoundError:
        return None
    try:
        data, status = contents(descriptor, path=place / name, limit=_MAX)
    finally:
        os.close(descriptor)
    # In a folder that others may not write a file may still be one that they may.
    if status.st_uid != os.geteuid() or status.st_mode & 0o022:
        return None
    with contextlib.suppress(zipfile.BadZipFile), zipfile.ZipFile(io.BytesIO(data)) as archive:
        return data if archive.testzip() is None else None
    return None


def _keep(folder: int, name: str, classes: bytes) -> None:
    with temporary(folder, mode=0o600) as new:
        new.fill(classes)
        new.replace(name)


async def _compiled(jdk: Jre, program: Path) -> bytes | None:
    """Return the classes of a program in an archive, None where its compiler fails."""
    target = program.parent / "classes"
    target.mkdir()
    options = (f"-J{option}" for option in OPTIONS)
    process = await asyncio.create_subprocess_exec(
        jdk.home / "bin" / "javac",
        *options,
        *("-proc:none", "-implicit:none", "-encoding", "UTF-8", "-cp", target, "-d", target, program),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        cwd=program.parent,
        env=ENVIRONMENT,
    )
    try:
        async with asyncio.timeout(_SECONDS):
            status = await process.wait()
    except TimeoutError:
        return None
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
    written = sorted(target.glob("*.class"))
    return _packed(written) if status == 0 and written else None


def _packed(classes: list[Path]) -> bytes:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        for path in classes:
            archive.writestr(zipfile.ZipInfo(path.name), path.read_bytes())
    return whole.getvalue()
