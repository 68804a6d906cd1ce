"""
Fuzz one target with atheris: `python -m tests.fuzz.child NAME LIBFUZZER-OPTIONS... CORPUS...`. `tests.fuzz` runs it.

A process of its own, for libFuzzer ends the one that it runs in.
"""

import contextlib
import sys

import atheris


def main() -> None:
    """Fuzz until an option of libFuzzer, or a finding, ends the process."""
    name = sys.argv.pop(1)
    # What is imported here gets the counters by which the fuzzer sees where an input leads.
    with atheris.instrument_imports(include=["anchorkeep"]):
        from tests.fuzz.targets import TARGETS, bounded
    with contextlib.ExitStack() as stack:
        stack.enter_context(bounded())
        atheris.Setup(sys.argv, TARGETS[name].hold)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
