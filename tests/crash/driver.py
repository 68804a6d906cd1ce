"""
Carry out scenarios, each in a process of its own that waits until it is traced: `python -m tests.crash.driver`.

A line of JSON on stdin names the scenario, its folder and mutants. The process's number is answered, then it waits for
one more byte. Its end is answered with its exit status: 0 done, 1 an error of ours, which it wrote on stderr, 2 any other.
"""

import json
import os
import select
import sys
import tempfile
import traceback
from pathlib import Path

from anchorkeep.errors import AnchorkeepError
from tests.crash.mutant import MUTANTS
from tests.crash.scenario import SCENARIOS, Place


def main() -> None:
    """Serve until stdin ends; unbuffered, for the processes read from it too."""
    # What is imported only when it is needed is imported here: no call of an import is a call of the change.
    with tempfile.TemporaryDirectory() as base:
        place = Place(base=Path(base) / "warm")
        SCENARIOS["undo"].prepare(place)
        SCENARIOS["undo"].carry_out(place)
    while order := _line():
        process = os.fork()
        if not process:
            _carry_out(**json.loads(order))
        _answer(process)
        _answer(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]))


def _carry_out(*, scenario: str, base: str, mutants: tuple[str, ...]) -> None:
    status = 0
    try:
        place = Place(base=Path(base))
        try:
            for mutant in mutants:
                MUTANTS[mutant](place)
        finally:
            # Also where one could not be planted: the word to go on is on its way, and would spoil the next order.
            # Not `read`: that call is one of those which are counted, and it is under way when the tracer comes.
            select.select([0], [], [])
            os.read(0, 1)
        SCENARIOS[scenario].carry_out(place)
    except AnchorkeepError as error:
        os.write(2, f"{error}\n".encode())
        status = 1
    except BaseException:  # noqa: BLE001 (told, and the process ends)
        os.write(2, traceback.format_exc().encode())
        status = 2
    os._exit(status)


def _line() -> bytes:
    line = bytearray()
    while not line.endswith(b"\n"):
        byte = os.read(0, 1)
        if not byte:
            return b""
        line += byte
    return bytes(line)


def _answer(number: int) -> None:
    os.write(1, b"%d\n" % number)


if __name__ == "__main__":
    sys.exit(main())
