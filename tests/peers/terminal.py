"""
A person at a terminal: the installed `anchorkeep` on a pseudo-terminal of its own, whose screen is read and whose keys are typed.

The screen is pyte's, wider than the terminal says it is, so that what runs over the edge is seen there.
"""

import contextlib
import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyte

PROGRAM = Path(sys.executable).parent / "anchorkeep"
COLUMNS = 80
#: Columns of the screen that is looked at: what is written beyond the terminal's shows.
SEEN = 200
#: High enough that nothing scrolls away.
ROWS = 500
#: Seconds after which somebody who waits for a screen gives up; pytest would end the test later.
PATIENCE = 60

UP, DOWN, ENTER, SPACE, INTERRUPT, END = "\x1b[A", "\x1b[B", "\r", " ", "\x03", "\x04"
ERASE = "\x7f"

# The terminal becomes the child's own, so that Ctrl-C while no question is asked is a signal, as at a real one.
_LAUNCH = "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execv(sys.argv[1], sys.argv[1:])"


class _Screen(pyte.Screen):
    """A screen that answers the terminal's questions, as prompt_toolkit asks where the cursor is."""

    def __init__(self, columns: int, rows: int, master: int) -> None:
        super().__init__(columns, rows)
        self.master = master

    def write_process_input(self, data: str) -> None:
        os.write(self.master, data.encode())


@dataclass(kw_only=True)
class Terminal:
    """A terminal with a program on it."""

    process: subprocess.Popen[bytes]
    master: int
    slave: int
    screen: pyte.Screen
    stream: pyte.ByteStream
    raw: bytearray
    before: list[object]

    @property
    def lines(self) -> list[str]:
        """The lines of the screen, without blanks at their ends."""
        return [line.rstrip() for line in self.screen.display]

    @property
    def text(self) -> str:
        """What the screen shows."""
        return "\n".join(self.lines).rstrip()

    @property
    def flat(self) -> str:
        """What the screen shows in one line, so that where lines break does not matter."""
        return " ".join(self.text.split())

    def await_text(self, pattern: str, *, times: int = 1) -> str:
        """Read until the screen shows the pattern so many times."""
        deadline = time.monotonic() + PATIENCE
        while len(re.findall(pattern, self.flat)) < times:
            if not self._read(deadline - time.monotonic()):
                raise AssertionError(f"no {pattern!r} on the screen:\n{self.text}")
        return self.flat

    def type(self, keys: str) -> None:
        """Type on the keyboard."""
        os.write(self.master, keys.encode())

    def answer(self, pattern: str, keys: str, *, times: int = 1) -> None:
        """Wait for a question, then type."""
        self.await_text(pattern, times=times)
        self.type(keys)

    def end(self) -> int:
        """Read until the program ends and return its exit code."""
        deadline = time.monotonic() + PATIENCE
        while self.process.poll() is None:
            self._read(0.05)
            if time.monotonic() > deadline:
                raise AssertionError(f"does not end:\n{self.text}")
        while self._read(0):
            pass
        return self.process.returncode

    @property
    def is_sane(self) -> bool:
        """Whether the terminal is as it was: its line discipline, a visible cursor, wrapping lines, no bracketed paste."""
        modes = self.screen.mode
        return (
            termios.tcgetattr(self.slave) == self.before
            and not self.screen.cursor.hidden
            and pyte.modes.DECAWM in modes
            and self.raw.count(b"\x1b[?2004h") == self.raw.count(b"\x1b[?2004l")
            and self.raw.count(b"\x1b[?1049h") == self.raw.count(b"\x1b[?1049l")
        )

    def hang_up(self) -> None:
        """Close the terminal, as a lost connection does."""
        os.close(self.slave)
        os.close(self.master)
        self.master = self.slave = -1

    def _read(self, seconds: float) -> bool:
        """Take in what was written within so many seconds; False where nothing was."""
        ready, _, _ = select.select([self.master], [], [], max(seconds, 0))
        if not ready:
            return False
        data = os.read(self.master, 65536)
        self.raw += data
        self.stream.feed(data)
        return True


@contextlib.contextmanager
def terminal(
    arguments: Sequence[str | Path],
    *,
    cwd: Path,
    environment: Mapping[str, str] | None = None,
    rows: int = ROWS,
    program: Path = PROGRAM,
) -> Iterator[Terminal]:
    """Run the command, or another program, on a terminal of 80 columns until the block ends."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, COLUMNS, 0, 0))
    screen = _Screen(SEEN, rows, master)
    variables = {key: value for key, value in os.environ.items() if key not in {"COLUMNS", "LINES", "NO_COLOR", "JAVA_HOME"}}
    variables |= {"TERM": "xterm-256color", "LANG": "C.UTF-8", "XDG_CONFIG_HOME": str(cwd / "nobody"), **(environment or {})}
    before = termios.tcgetattr(slave)
    process = subprocess.Popen(
        [sys.executable, "-c", _LAUNCH, str(program), *map(str, arguments)],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        cwd=cwd,
        env=variables,
        start_new_session=True,
    )
    found = Terminal(
        process=process,
        master=master,
        slave=slave,
        screen=screen,
        stream=pyte.ByteStream(screen),
        raw=bytearray(),
        before=before,
    )
    try:
        yield found
    finally:
        process.kill()
        process.wait()
        for descriptor in (found.master, found.slave):
            if descriptor >= 0:
                os.close(descriptor)
