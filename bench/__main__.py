"""
Measure against the peers, side by side: `make bench`, or `python -m bench --quick` for a first look.

Exits with 1 if a limit is missed. Figures of two runs differ, on a busy machine by a tenth; ratios differ less.
"""

from __future__ import annotations

import argparse
import compileall
import sys
from pathlib import Path

import anchorkeep
from bench import endpoint, program, scan, stores, trust

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
#: How many times faster a store is made than by keytool, at least.
MADE_TIMES = 100
#: How many times faster a store that trusts two environments is made than by the recipe that is passed around, at least.
TRUST_TIMES = 5
#: Wall time of `store list` as a multiple of keytool's: into a pipe, and as a table on a terminal.
LIST_LIMIT, TABLE_LIMIT = 0.6, 1.0
#: Milliseconds of CPU in which the library reads, and writes, a JDK's own roots.
ROOTS_LIMIT = 2.0
#: Entries of a large store, and seconds of CPU and peak MiB of reading, editing and writing it.
LARGE, LARGE_SECONDS, LARGE_MEMORY = 10_000, 1.0, 150.0
#: Certificates that keytool imports in a first look, for all take it minutes.
QUICK_IMPORTS = 12
#: Seconds in which `show` starts and reads its roots.
START = 1.0
ENDPOINTS, QUICK_ENDPOINTS = 3000, 500
ROUNDS, QUICK_ROUNDS = 11, 3


def main() -> int:
    """Measure, print, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure against the peers, side by side.")
    parser.add_argument("--quick", action="store_true", help="fewer endpoints and rounds")
    parser.add_argument("--only", choices=_GROUPS, help="one group of figures")
    wanted = parser.parse_args()
    # As pip does with what it installs. A checkout is compiled by its first run, but not where PYTHONDONTWRITEBYTECODE is set.
    compileall.compile_dir(Path(anchorkeep.__file__).parent, quiet=1)
    kept = [one for name, measure in _GROUPS.items() if wanted.only in {None, name} for one in measure(quick=wanted.quick)]
    return 0 if all(kept) else 1


def _endpoint(*, quick: bool) -> list[bool]:
    measured = endpoint.measure(QUICK_ENDPOINTS if quick else ENDPOINTS)
    print(f"CPU per endpoint: {measured.turns * endpoint.TURN:,} endpoints, {measured.turns} turns, medians; {measured.facts}")
    print(f"  {'bare handshake, pyOpenSSL':34} {measured.bare:8,.0f} µs")
    kept = _row("observe, judge, record, JSON", f"{measured.ours:8,.0f} µs", measured.ratio, ENDPOINT_LIMIT)
    peer = endpoint.openssl(1 if quick else 3)
    if peer is None:
        print("  openssl s_time -new: not to be had")
    else:
        print(f"  {'openssl s_time -new, user time':34} {peer[1]:8,.0f} µs   ({peer[0]:,} handshakes; its own library and group)")
    return [kept]


def _programs(*, quick: bool) -> list[bool]:
    rounds = QUICK_ROUNDS if quick else ROUNDS
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


def _scan(*, quick: bool) -> list[bool]:
    """Measure bulk; with fewer services the limit of time is as much smaller, and has the start of a process on top."""
    count, hosts = (QUICK_SCANNED, QUICK_PEER_HOSTS) if quick else (SCANNED, scan.PEER_HOSTS)
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


def _stores(*, quick: bool) -> list[bool]:
    cacerts = stores.cacerts()
    if cacerts is None:
        print("\nStores: keytool and its cacerts are not to be had")
        return [False]
    rounds = QUICK_ROUNDS if quick else ROUNDS
    kept: list[bool] = []
    print(f"\nStores: {rounds} rounds, medians; keytool imports one certificate a process")
    for made in stores.make(cacerts, rounds, imports=QUICK_IMPORTS if quick else None):
        is_kept = made.times >= MADE_TIMES
        kept.append(is_kept)
        what = f"store new, {made.roots} roots, {made.format}"
        print(f"  {f'keytool, {made.imported} roots, {made.format}':34} {made.keytool.wall:8.3f} s{_more(made.keytool)}")
        judged = f"{made.times:.0f} times faster, limit {MADE_TIMES}: {'kept' if is_kept else 'MISSED'}"
        print(f"  {what:34} {made.ours.wall:8.3f} s    {judged}{_more(made.ours)}")
    piped, table, peer = stores.listing(cacerts, rounds)
    print(f"  {'keytool -list, cacerts':34} {peer.wall:8.3f} s{_more(peer)}")
    for what, cost, limit in (("store list, cacerts", piped, LIST_LIMIT), ("store list, cacerts, table", table, TABLE_LIMIT)):
        kept.append(_row(what, f"{cost.wall:8.3f} s ", cost.wall / peer.wall, limit, more=_more(cost)))
    for what, milliseconds in zip(("read", "written"), stores.read_and_write(cacerts, 20 * rounds), strict=True):
        kept.append(_row(f"library: JKS cacerts {what}", f"{milliseconds:8.3f} ms", milliseconds, ROOTS_LIMIT, unit=" ms"))
    for cost in stores.edit(LARGE, 1 if quick else QUICK_ROUNDS):
        what = f"{cost.format}, {cost.entries:,} entries edited"
        kept.append(_row(what, f"{cost.seconds:8.3f} s ", cost.seconds, LARGE_SECONDS, unit=" s"))
        kept.append(_row(f"{what}, memory", f"{cost.memory:6.0f} MiB", cost.memory, LARGE_MEMORY, unit=" MiB"))
    return kept


def _more(cost: program.Cost) -> str:
    return f"   user+sys {cost.cpu:.3f} s, peak {cost.memory:.0f} MiB"


def _trust(*, quick: bool) -> list[bool]:
    if stores.cacerts() is None:
        print("\nTrust: keytool is not to be had")
        return [False]
    rounds = 1 if quick else QUICK_ROUNDS
    made = trust.measure(rounds)
    is_kept = made.times >= TRUST_TIMES
    print(f"\nTrust of two environments, {made.services} services: {rounds} rounds, medians; the recipe proves nothing")
    recipe = f"openssl, csplit, keytool, {made.imported} imports"
    print(f"  {recipe:34} {made.recipe.wall:8.3f} s{_more(made.recipe)}")
    judged = f"{made.times:.1f} times faster, limit {TRUST_TIMES}: {'kept' if is_kept else 'MISSED'}"
    print(f"  {'trust, proved by OpenSSL':34} {made.ours.wall:8.3f} s    {judged}{_more(made.ours)}")
    if made.proved is not None:
        told = f"{made.recipe.wall / made.proved.wall:.1f} times faster"
        print(f"  {'trust, proved by a JVM too':34} {made.proved.wall:8.3f} s    {told}{_more(made.proved)}")
    return [is_kept]


def _row(what: str, cost: str, value: float, limit: float, *, unit: str = " times", more: str = "") -> bool:
    kept = value <= limit
    print(f"  {what:34} {cost}   {value:.2f}{unit}, limit {limit:.2f}: {'kept' if kept else 'MISSED'}{more}")
    return kept


#: Groups of figures, in the order in which they are taken.
_GROUPS = {"endpoint": _endpoint, "programs": _programs, "stores": _stores, "trust": _trust, "bulk": _scan}


if __name__ == "__main__":
    sys.exit(main())
