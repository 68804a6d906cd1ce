"""
Ask a Java virtual machine whether it trusts services by a store: a program of ours, which it compiles and runs (JEP 330).

Rules kept here:
- store, password and questions go over stdin; arguments and environment hold nothing but the program's place;
- it runs in a new folder of its owner alone, with no variable of the caller's, so that neither a class nor an option that lies
  about changes what it does;
- one time limit holds over everything, and what it writes is bounded and hostile: a server's certificate speaks through it.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import tempfile
from dataclasses import dataclass, field
from enum import StrEnum
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from anchorkeep.errors import FileError
from anchorkeep.host.process import tail
from anchorkeep.model import java
from anchorkeep.text import counted, visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from anchorkeep.host.jre import Jre

_PROGRAM = "TrustProof.java"
#: The first release that runs a program from its source (JEP 330).
_FIRST_WITH_SOURCE = 11
# A program that runs for a blink: one compiler and one collector of garbage are half the work. No file in /tmp of its own.
_OPTIONS = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-XX:-UsePerfData", "-Xshare:auto", "-Duser.language=en")
_ENVIRONMENT = {"LC_ALL": "C.UTF-8"}
#: Seconds for the start and the compiler, beside those for the connections.
_START_SECONDS = 30.0
#: Octets of an answer: a verdict, and 300 characters.
_MAX_ANSWER = 2_000
#: Octets of what it says when it fails.
_TOLD = 2_000


class Verdict(StrEnum):
    """What Java said of one service."""

    TRUSTED = "trusted"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """
    The store that a runtime is to open.

    Attributes:
        type: its KeyStore type: `JKS`, `JCEKS` or `PKCS12`.
        data: its octets.
        password: what opens it, None where nothing does.
    """

    type: str
    data: bytes = field(repr=False)
    password: str | None = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """
    A service to connect to, or its chain to judge.

    Attributes:
        address: an IP address; not looked at where there is a chain.
        port: TCP port, likewise.
        name: what the certificate must be for: a DNS name in A-labels, or an IP address.
        chain: certificates in DER as the service sent them; empty to connect.
    """

    address: str
    port: int
    name: str
    chain: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """
    What Java said.

    Attributes:
        verdict: its verdict.
        reason: why, in Java's words, often empty; printable.
    """

    verdict: Verdict
    reason: str


def find_jdk(runtimes: Iterable[Jre], *, wanted: int | None = None) -> Jre | None:
    """
    Return the JDK to ask: of the wanted release where there is one, else the first; None where no runtime can run a source.

    Args:
        runtimes: as `jre.find` returns them.
        wanted: the feature release that a store is written for, such as 17.
    """
    able = [runtime for runtime in runtimes if _feature(runtime) >= _FIRST_WITH_SOURCE and _has_compiler(runtime)]
    return next((runtime for runtime in able if _feature(runtime) == wanted), next(iter(able), None))


def _feature(runtime: Jre) -> int:
    version = java.parse(runtime.version) if runtime.version else None
    return version.feature if version else 0


def _has_compiler(runtime: Jre) -> bool:
    try:
        return all((runtime.home / "bin" / name).is_file() for name in ("java", "javac"))
    except OSError:
        return False


async def ask(jdk: Jre, store: Opened, questions: Sequence[Question], *, seconds: float) -> tuple[Answer, ...]:
    """
    Let a JDK open a store and return what it says of each question, in their order. Nothing is written to the connections.

    Args:
        jdk: as `find_jdk` returns it.
        store: what it opens; where it cannot, it refuses every service.
        questions: the services.
        seconds: for each connection, and each handshake.

    Raises:
        FileError: it cannot be started, fails, or is not done in time.
    """
    message = _message(store, questions, seconds)
    limit = _START_SECONDS + 2 * seconds * len(questions)
    with tempfile.TemporaryDirectory(prefix="anchorkeep-java-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        program, log = folder / _PROGRAM, folder / "log"
        program.write_bytes(resources.files("anchorkeep.host").joinpath("java", _PROGRAM).read_bytes())
        command = (jdk.home / "bin" / "java", *_OPTIONS, "-cp", folder, program)
        return await _run(command, message, folder=folder, log=log, limit=limit, expected=len(questions))


async def _run(
    command: tuple[str | Path, ...], message: bytes, *, folder: Path, log: Path, limit: float, expected: int
) -> tuple[Answer, ...]:
    output = b""
    status: int | None = None
    try:
        with log.open("wb") as errors:
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=errors,
                cwd=folder,
                env=_ENVIRONMENT,
                start_new_session=True,
            )
    except OSError as error:
        raise FileError(f"{visible(str(command[0]))} cannot be started: {(error.strerror or 'it failed').lower()}.") from error
    try:
        async with asyncio.timeout(limit):
            output = await _converse(process, message, most=expected * _MAX_ANSWER)
            status = await process.wait() if len(output) <= expected * _MAX_ANSWER else None
    except TimeoutError:
        raise FileError(f"{visible(str(command[0]))} was not done within {counted(round(limit), 'second')}.") from None
    finally:
        await _end(process)
    answers = _answers(output)
    if status != 0 or len(answers) != expected:
        what = "wrote more than its answers" if status is None else f"failed with status {status}"
        raise FileError(f"{visible(str(command[0]))} {what}. It said: {tail(log)}")
    return answers


async def _converse(process: asyncio.subprocess.Process, message: bytes, *, most: int) -> bytes:
    """Say everything, then hear everything up to a bound: it answers only what it has read, in less than a pipe holds."""
    assert process.stdin is not None  # noqa: S101 (both are pipes)
    assert process.stdout is not None  # noqa: S101
    hearing = asyncio.ensure_future(_hear(process.stdout, most))
    try:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            process.stdin.write(message)
            await process.stdin.drain()
        process.stdin.close()
        return await hearing
    finally:
        hearing.cancel()


async def _end(process: asyncio.subprocess.Process) -> None:
    """End a program with all that it started; the rest of what it wrote is read, without which its end is not seen."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    assert process.stdout is not None  # noqa: S101 (a pipe)
    while await process.stdout.read(_MAX_ANSWER):
        pass
    await process.wait()


async def _hear(stream: asyncio.StreamReader, most: int) -> bytes:
    heard = bytearray()
    while len(heard) <= most and (data := await stream.read(most)):
        heard += data
    return bytes(heard)


def _message(store: Opened, questions: Sequence[Question], seconds: float) -> bytes:
    """Write what the program reads; its head comment says how."""
    milliseconds = max(1, round(seconds * 1000))
    parts = [_text(store.type), _octets(None if store.password is None else store.password.encode()), _octets(store.data)]
    parts += [_number(milliseconds), _number(len(questions))]
    for item in questions:
        parts += [_text(item.address), _number(item.port), _text(item.name), _number(len(item.chain)), *map(_octets, item.chain)]
    return b"".join(parts)


def _octets(data: bytes | None) -> bytes:
    return _number(-1) if data is None else _number(len(data)) + data


def _text(text: str) -> bytes:
    return _octets(text.encode())


def _number(number: int) -> bytes:
    return number.to_bytes(4, "big", signed=True)


def _answers(output: bytes) -> tuple[Answer, ...]:
    answers = []
    for line in output.decode("utf-8", "replace").split("\n")[:-1]:
        word, tab, reason = line.partition("\t")
        if not tab or word not in set(Verdict):
            return ()
        answers.append(Answer(verdict=Verdict(word), reason=visible(reason.strip())))
    return tuple(answers)
