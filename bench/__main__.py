"""
Measure against the peers, side by side: `make bench`, or `python -m bench --quick` for a first look.

Exits with 1 if a limit is missed. Figures of two runs differ, on a busy machine by a tenth; ratios differ less.
"""

from __future__ import annotations

import argparse
import sys

from bench import endpoint, program

#: CPU of an observed endpoint as a multiple of a bare handshake's.
ENDPOINT_LIMIT = 1.8
#: Wall time of `anchorkeep show` as a multiple of keytool's.
SHOW_LIMIT = 0.9
#: Seconds of `anchorkeep --help`.
HELP_LIMIT = 0.15
ENDPOINTS, QUICK_ENDPOINTS = 3000, 500
ROUNDS, QUICK_ROUNDS = 11, 3


def main() -> int:
    """Measure, print, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure against the peers, side by side.")
    parser.add_argument("--quick", action="store_true", help="fewer endpoints and rounds")
    quick = parser.parse_args().quick
    kept = [
        _endpoint(QUICK_ENDPOINTS if quick else ENDPOINTS, seconds=1 if quick else 3),
        *_programs(QUICK_ROUNDS if quick else ROUNDS),
    ]
    return 0 if all(kept) else 1


def _endpoint(count: int, *, seconds: int) -> bool:
    measured = endpoint.measure(count)
    print(f"CPU per endpoint: {count:,} endpoints, {measured.turns} turns, medians; {measured.facts}")
    print(f"  {'bare handshake, pyOpenSSL':34} {measured.bare:8,.0f} µs")
    kept = _row("observe, judge, record, JSON", f"{measured.ours:8,.0f} µs", measured.ratio, ENDPOINT_LIMIT)
    peer = endpoint.openssl(seconds)
    if peer is None:
        print("  openssl s_time -new: not to be had")
    else:
        print(f"  {'openssl s_time -new, user time':34} {peer[1]:8,.0f} µs   ({peer[0]:,} handshakes; its own library and group)")
    return kept


def _programs(rounds: int) -> list[bool]:
    ours, keytool = program.show_and_keytool(rounds)
    print(f"\nWhole processes: {rounds} rounds in turn, medians")
    kept: list[bool] = []
    if keytool is None:
        print("  keytool -printcert: not to be had")
        kept.append(False)
    else:
        print(f"  {'keytool -printcert -sslserver':34} {keytool.wall:8.3f} s{_more(keytool)}")
        kept.append(_row("anchorkeep show", f"{ours.wall:8.3f} s ", ours.wall / keytool.wall, SHOW_LIMIT, more=_more(ours)))
    opened = program.help_text(rounds)
    kept.append(_row("anchorkeep --help", f"{opened.wall:8.3f} s ", opened.wall, HELP_LIMIT, unit=" s", more=_more(opened)))
    return kept


def _more(cost: program.Cost) -> str:
    return f"   user+sys {cost.cpu:.3f} s, peak {cost.memory:.0f} MiB"


def _row(what: str, cost: str, value: float, limit: float, *, unit: str = " times", more: str = "") -> bool:
    kept = value <= limit
    print(f"  {what:34} {cost}   {value:.2f}{unit}, limit {limit:.2f}: {'kept' if kept else 'MISSED'}{more}")
    return kept


if __name__ == "__main__":
    sys.exit(main())
