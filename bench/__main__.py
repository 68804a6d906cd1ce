"""
Measure against the peers, side by side: `make bench`, or `python -m bench --quick` for a first look.

Exits with 1 if a limit is missed. Figures of two runs differ, on a busy machine by a tenth; ratios differ less.
"""

from __future__ import annotations

import argparse
import sys

from bench import endpoint, program, scan

#: CPU of an observed endpoint as a multiple of a bare handshake's.
ENDPOINT_LIMIT = 1.8
#: Wall time of `anchorkeep show` as a multiple of keytool's.
SHOW_LIMIT = 0.9
#: Seconds of `anchorkeep --help`.
HELP_LIMIT = 0.15
#: Seconds and peak MiB of 10,000 services that are 100 ms away, and MiB by which the resident size may grow from 2,000 to 20,000.
SCAN_SECONDS, SCAN_MEMORY, SCAN_GROWTH = 20.0, 200.0, 20.0
SCANNED, QUICK_SCANNED = 10_000, 1_000
QUICK_PEER_HOSTS = 20
#: Seconds in which `show` starts and reads its roots.
START = 1.0
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
        *_scan(QUICK_SCANNED if quick else SCANNED, hosts=QUICK_PEER_HOSTS if quick else scan.PEER_HOSTS),
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


def _scan(count: int, *, hosts: int) -> list[bool]:
    """Measure bulk; with fewer services the limit of time is as much smaller, and has the start of a process on top."""
    share = count / SCANNED
    seconds = SCAN_SECONDS if share == 1 else SCAN_SECONDS * share + START
    print(
        f"\nBulk: services that answer after {scan.DELAY * 1000:.0f} ms, each with a certificate of its own; show --from --jsonl"
    )
    with scan.running(count) as bulk:
        cost = bulk.cost(count)
        what = f"{count:,} services"
        kept = [
            _row(what, f"{cost.wall:8.2f} s ", cost.wall, seconds, unit=" s", more=_more(cost)),
            _row(f"{what}, peak memory", f"{cost.memory:6.0f} MiB", cost.memory, SCAN_MEMORY, unit=" MiB"),
        ]
        grown = bulk.growth(int(scan.FIRST * share), scan.TIMES)
        if grown is None:
            print("  resident size: this system has no /proc")
        else:
            what = f"resident after {grown.after_first:,} and {grown.after_last:,}"
            sizes = f"{grown.first:.0f}, {grown.last:.0f} MiB"
            kept.append(_row(what, sizes, grown.last - grown.first, SCAN_GROWTH, unit=" MiB"))
        ours = bulk.cost(hosts)
        print(f"  {f'{hosts} services':34} {ours.wall:8.2f} s {_more(ours)}")
        peers = (("sslyze --certinfo", bulk.sslyze(hosts)), ("keytool -printcert -sslserver", bulk.keytool(hosts)))
        for name, peer in peers:
            what = f"{hosts} services, {name}"
            if peer is None:
                print(f"  {what}: not to be had")
            else:
                print(f"  {what:46} {peer.wall:8.2f} s {_more(peer)}; ours {ours.wall / peer.wall:.3f} times")
    return kept


def _more(cost: program.Cost) -> str:
    return f"   user+sys {cost.cpu:.3f} s, peak {cost.memory:.0f} MiB"


def _row(what: str, cost: str, value: float, limit: float, *, unit: str = " times", more: str = "") -> bool:
    kept = value <= limit
    print(f"  {what:34} {cost}   {value:.2f}{unit}, limit {limit:.2f}: {'kept' if kept else 'MISSED'}{more}")
    return kept


if __name__ == "__main__":
    sys.exit(main())
