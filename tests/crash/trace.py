"""Run scenarios under strace: which system calls a change makes, and what becomes of it when one of them kills it or fails."""

import ast
import contextlib
import io
import json
import os
import re
import signal
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import ROOT, require_tool
from tests.crash.mutant import MUTANTS

# Everything about files. Memory is left out: it differs between runs, and a kill there is one between two calls of the others.
_TRACED = "trace=%file,%desc"
_MEMORY = {"mmap", "munmap"}
_CALL = re.compile(r"(?P<name>\w+)\((?P<arguments>.*)\)\s+= (?P<result>-?\d+)")
_ARGUMENT = re.compile(r'"(?:\\x[0-9a-f]{2})*"|[^\s,"][^,]*')


class EndError(Exception):
    """A change did not end as it had to, which is no finding: a mutant that only crashes shows nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A system call of a change: its name, and how many of this name the process has made with it."""

    name: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A system call with its arguments, bytes where they are texts, and its result."""

    name: str
    arguments: tuple[bytes | str, ...]
    result: int


class Tracer:
    """The driver, and strace for each change that it carries out."""

    def __init__(self, log: Path) -> None:
        """Start the driver; skip where there is no strace, or where it may not trace."""
        self._strace = require_tool("strace")
        self._log = log
        command = [sys.executable, "-m", "tests.crash.driver"]
        pipe = subprocess.PIPE
        with (log / "driver").open("wb") as errors:
            self._driver = subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, stderr=errors, bufsize=0)
        assert self._driver.stdout is not None
        self._answers = io.BufferedReader(self._driver.stdout)  # type: ignore[type-var]

    def close(self) -> None:
        """End the driver."""
        assert self._driver.stdin is not None
        self._driver.stdin.close()
        self._driver.wait()
        self._answers.close()

    def errors(self) -> str:
        """Return what the last changes wrote on stderr."""
        return (self._log / "driver").read_text(encoding="utf-8")[-4_000:]

    def run(
        self,
        scenario: str,
        base: Path,
        *,
        options: tuple[str, ...] = (),
        mutants: tuple[str, ...] = (),
        ends: tuple[int, ...] = (0,),
    ) -> int:
        """
        Carry out a scenario; return its exit status, negative for the signal that killed it.

        Raises:
            LookupError: a mutant is unknown.
            EndError: it ended before it was traced, or with a status that is none of `ends`.
        """
        unknown = set(mutants) - set(MUTANTS)
        if unknown:
            raise LookupError(f"unknown mutants: {unknown}")
        assert self._driver.stdin is not None
        order = {"scenario": scenario, "base": str(base), "mutants": mutants}
        self._driver.stdin.write(json.dumps(order).encode() + b"\n")
        process = int(self._answers.readline())
        command = [self._strace, "-o", self._log / "trace", "-e", _TRACED, *options, "-p", str(process)]
        with subprocess.Popen(command, stderr=subprocess.PIPE) as strace:
            assert strace.stderr is not None
            said = strace.stderr.readline()
            if b"attached" in said:
                self._driver.stdin.write(b"g")
            else:  # It still waits, or has ended already: a byte that it does not take would spoil the next order.
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
            status = int(self._answers.readline())
        if b"Operation not permitted" in said:
            pytest.skip(f"needs the right to trace: {said.decode()}")
        if b"attached" not in said or status not in ends:
            raise EndError(f"status {status}, expected one of {ends}; strace: {said.decode()}\n{self.errors()}")
        return status

    def points(self) -> tuple[Point, ...]:
        """Return the calls of the last run, from that which takes the lock to the end."""
        counts: Counter[str] = Counter()
        found: list[Point] = []
        for line in self._lines():
            name, has_arguments, _ = line.partition("(")
            if not has_arguments or name in _MEMORY:
                continue
            counts[name] += 1
            if found or name == "flock":
                found.append(Point(name=name, count=counts[name]))
        assert found
        return tuple(found)

    def calls(self) -> tuple[Call, ...]:
        """Return the calls of the last run that succeeded; it must have had the option `-xx`."""
        matches = (_CALL.match(line) for line in self._lines())
        return tuple(
            Call(
                name=match["name"],
                arguments=tuple(map(_value, _ARGUMENT.findall(match["arguments"]))),
                result=int(match["result"]),
            )
            for match in matches
            if match and int(match["result"]) >= 0
        )

    def _lines(self) -> list[str]:
        return (self._log / "trace").read_text(encoding="utf-8").splitlines()


def _value(text: str) -> bytes | str:
    return ast.literal_eval(f"b{text}") if text.startswith('"') else text
