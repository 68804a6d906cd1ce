"""Run the command line in this process, as a user would, and keep what it printed."""

import io
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from anchorkeep.cli import render
from anchorkeep.cli.main import main
from tests.peers import schemas
from tests.peers.terminal import PROGRAM


@dataclass(frozen=True, kw_only=True)
class Result:
    """What a command left behind."""

    code: int
    out: str
    err: str
    raw: bytes


def run(*argv: object, stdin: bytes = b"", width: int = 80) -> Result:
    """
    Run `anchorkeep ARGV...` with that standard input on a screen of that width.

    JSON that it prints is held to its schema here, so that no test can forget to.
    """
    out, err = io.TextIOWrapper(io.BytesIO(), encoding="utf-8"), io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdout", out)
        patch.setattr(sys, "stderr", err)
        patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8"))
        patch.setenv("COLUMNS", str(width))
        render.forget_streams()
        try:
            code = main([str(word) for word in argv])
            out.flush()
            err.flush()
        finally:
            render.forget_streams()
    raw = out.buffer.getvalue()  # type: ignore[attr-defined]
    schemas.validate_output(tuple(str(word) for word in argv), raw.decode(errors="replace"))
    return Result(code=code, out=raw.decode(errors="replace"), err=err.buffer.getvalue().decode(), raw=raw)  # type: ignore[attr-defined]


def piped(*words: object, cwd: Path, program: Path = PROGRAM) -> subprocess.CompletedProcess[bytes]:
    """Run the program into a pipe, as a script does."""
    environment = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
    command = [str(item) for item in (program, *words)]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, check=False, timeout=60)
