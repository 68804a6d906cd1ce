"""
Ask a Java virtual machine whether it trusts services by a store: it runs a program of ours (`java_program`).

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
from pathlib import Path
from typing import TYPE_CHECKING

from anchorkeep.errors import FileError
from anchorkeep.host import java_program
from anchorkeep.host.process import tail
from anchorkeep.model import java
from anchorkeep.text import counted, visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from anchorkeep.host.jre import Jre

#: The first release that runs a program from its source (JEP 330).
_FIRST_WITH_SOURCE = 11
#: Seconds for the start and the compiler, beside those for the connections.
_START_SECONDS = 30.0
#: Octets of an answer: a verdict, and 300 characters.
_MAX_ANSWER = 2_000


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


async def ask(
    jdk: Jre, store: Opened, questions: Sequence[Question], *, seconds: float, cache: Path | None = None
) -> tuple[Answer, ...]:
    """
    Let a JDK open a store and return what it says of each question, in their order. Nothing is written to the connections.

    What it said before it failed, or ran out of time, counts; of the other questions it is `UNKNOWN`, and said why.

    Args:
        jdk: as `find_jdk` returns it.
        store: what it opens; where it cannot, it refuses every service.
        questions: the services.
        seconds: for each connection, and each handshake.
        cache: where the program is kept once it is compiled, as for `java_program.lay_out`.

    Raises:
        FileError: it cannot be started.
    """
    message = _message(store, questions, seconds)
    limit = _START_SECONDS + 2 * seconds * len(questions)
    java = jdk.home / "bin" / "java"
    try:
        with tempfile.TemporaryDirectory(prefix="anchorkeep-java-", ignore_cleanup_errors=True) as name:
            folder = Path(name)
            command = (java, *await java_program.lay_out(jdk, folder, cache=cache))
            output, obstacle = await _run(command, message, folder=folder, limit=limit, most=len(questions) * _MAX_ANSWER)
    except OSError as error:
        raise FileError(f"{visible(str(java))} cannot be started: {(error.strerror or 'it failed').lower()}.") from error
    answers = _answers(output)
    if len(answers) > len(questions):
        answers, obstacle = (), "answered more than it was asked."
    missing = Answer(verdict=Verdict.UNKNOWN, reason=f"{visible(str(java))} {obstacle}")
    return answers + (missing,) * (len(questions) - len(answers))


async def _run(command: tuple[str | Path, ...], message: bytes, *, folder: Path, limit: float, most: int) -> tuple[bytes, str]:
    """Return what a program wrote, and what is to be said of the answers that are not in it; raise OSError if none starts."""
    log = folder / "log"
    with log.open("wb") as errors:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=errors,
            cwd=folder,
            env=java_program.ENVIRONMENT,
            start_new_session=True,
        )
    heard = bytearray()
    status: int | None = None
    try:
        async with asyncio.timeout(limit):
            await _converse(process, message, heard, most=most)
            status = await process.wait() if len(heard) <= most else None
    except TimeoutError:
        return bytes(heard), f"was not done within {counted(round(limit), 'second')}."
    finally:
        await _end(process)
    what = "wrote more than its answers" if status is None else f"ended with status {status} before it answered"
    return bytes(heard), f"{what}. It said: {tail(log)}"


async def _converse(process: asyncio.subprocess.Process, message: bytes, heard: bytearray, *, most: int) -> None:
    """Say everything while hearing everything up to a bound; what was heard stays where this is ended."""
    assert process.stdin is not None  # noqa: S101 (both are pipes)
    assert process.stdout is not None  # noqa: S101
    hearing = asyncio.ensure_future(_hear(process.stdout, heard, most))
    try:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            process.stdin.write(message)
            await process.stdin.drain()
        process.stdin.close()
        await hearing
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


async def _hear(stream: asyncio.StreamReader, heard: bytearray, most: int) -> None:
    while len(heard) <= most and (data := await stream.read(most)):
        heard += data


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
    """Return the answers up to the first line that is none, or is cut."""
    answers = []
    for line in output.decode("utf-8", "replace").split("\n")[:-1]:
        word, tab, reason = line.partition("\t")
        if not tab or word not in set(Verdict):
            break
        answers.append(Answer(verdict=Verdict(word), reason=visible(reason.strip())))
    return tuple(answers)
