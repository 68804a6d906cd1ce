"""
The ledger: which certificates `trust` put into a store, for which services, and on whose word; kept beside the store's history.

Rules kept here:
- what is written says what we added, so that only that is ever taken away again; what a person added stands in no ledger;
- it is written after the store, while the store is still held: a ledger that lags keeps an entry too many, and removes none.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from anchorkeep.errors import FileError
from anchorkeep.host import envelope, failure, private_folder
from anchorkeep.host.archive import READ_ONLY, REMEDY, STORES, name_of
from anchorkeep.host.file import contents
from anchorkeep.host.temporary import sync, temporary
from anchorkeep.text import visible

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path


#: Anchors kept of one store; a store of a thousand private services has fewer.
MAX_RECORDS = 10_000
_NAME = "trust.json"
_FORMAT, _VERSION = "anchorkeep-trust-ledger", 1
_SHA256 = re.compile("[0-9a-f]{64}")
#: Bytes of a ledger: as many records of 1,600 bytes.
_MAX = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """
    A certificate that was added.

    Attributes:
        sha256: its fingerprint.
        alias: the one that its entry got, None where the store's format keeps none; another entry of it is not ours.
        targets: the labels of the services that it was added for or has been used for since; from outside.
        strategy: by which strategy, a word of the command line.
        verdict: on whose word: `public-root`, `verified-path` or `accepted`.
        moment: when, UTC.
        is_unproved: whether it was written though the proof failed.
    """

    sha256: bytes
    alias: str | None = None
    targets: tuple[str, ...]
    strategy: str
    verdict: str
    moment: datetime
    is_unproved: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """What was added to one store, in the order in which it was."""

    records: tuple[Record, ...] = ()

    def stale(self, targets: Collection[str], needed: Collection[bytes]) -> tuple[Record, ...]:
        """
        Return what was added for services and is not needed any more, by them or by any other.

        Args:
            targets: the labels of the services whose needs are known.
            needed: the SHA-256 fingerprints of what they need.
        """
        return tuple(
            record
            for record in self.records
            if record.sha256 not in needed and record.targets and set(record.targets) <= set(targets)
        )

    def noted(
        self,
        added: Collection[Record],
        *,
        used: dict[bytes, tuple[str, ...]],
        seen: Collection[str],
        held: Collection[bytes] = (),
    ) -> Ledger:
        """
        Return the ledger with new records, and with each anchor's services as they were just seen.

        What the store no longer holds stays noted, for an undo may bring it back; it is the first to go beyond `MAX_RECORDS`.

        Args:
            added: the records of what was just added.
            used: the labels of the services that use an anchor, by its fingerprint, of those that were seen.
            seen: the labels of the services that were seen: they no longer use what is not in `used`.
            held: the SHA-256 fingerprints of what the store holds now.
        """
        fresh = {record.sha256: record for record in added}
        kept = [_moved(record, used.get(record.sha256, ()), seen) for record in self.records if record.sha256 not in fresh]
        records = (*kept, *fresh.values())
        excess = len(records) - MAX_RECORDS
        if excess > 0:
            first = sorted(records, key=lambda record: record.sha256 in held)[:excess]
            dropped = {record.sha256 for record in first}
            records = tuple(record for record in records if record.sha256 not in dropped)
        return replace(self, records=records)


def _moved(record: Record, used: tuple[str, ...], seen: Collection[str]) -> Record:
    others = tuple(target for target in record.targets if target not in seen)
    targets = (*others, *used)
    # One that nothing uses keeps its services: they are what `--prune` looks at later.
    return replace(record, targets=tuple(dict.fromkeys(targets)) or record.targets)


def read(state: Path, path: Path) -> Ledger:
    """
    Return the ledger of a store, an empty one where there is none.

    Args:
        state: the state folder.
        path: the store, links followed (`Held.path`).

    Raises:
        FileError: it cannot be read.
        RefusedError: others may write the state folder.
        InputError: it is damaged.
    """
    shown = state / STORES / name_of(path) / _NAME
    with private_folder.opened(state.absolute(), STORES, name_of(path), remedy=REMEDY) as folder:
        if folder is None:
            return Ledger()
        try:
            descriptor = os.open(_NAME, READ_ONLY, dir_fd=folder)
        except FileNotFoundError:
            return Ledger()
        except OSError as error:
            failure.fail("read", shown, error=error)
        try:
            return loads(contents(descriptor, path=shown, limit=_MAX)[0], name=str(shown))
        except OSError as error:
            failure.fail("read", shown, error=error)
        finally:
            os.close(descriptor)


def write(state: Path, path: Path, ledger: Ledger) -> None:
    """
    Write the ledger of a store in one step; only while the store is held.

    Raises:
        FileError: it cannot be written, or would be larger than is ever read again.
        RefusedError: others may write the state folder.
    """
    place = state.absolute() / STORES / name_of(path)
    data = dumps(ledger)
    if len(data) > _MAX:
        message = f"The ledger {visible(str(place / _NAME))} would have {len(data):,} bytes, over the {_MAX:,} that are read."
        raise FileError(message, remedy="Move it away; what was added before is then never removed by --prune.")
    private_folder.make(place, remedy=REMEDY)
    with private_folder.opened(state.absolute(), STORES, name_of(path), remedy=REMEDY) as folder:
        if folder is None:
            raise FileError(f"The folder {visible(str(place))} was removed meanwhile.", remedy="Try again.")
        try:
            with temporary(folder, mode=0o600) as new:
                new.fill(data)
                new.replace(_NAME)
            sync(folder)
        except OSError as error:
            failure.fail("write", place / _NAME, error=error)


def dumps(ledger: Ledger) -> bytes:
    """Return a ledger as JSON, for `loads`."""
    records = [
        {
            "sha256": record.sha256.hex(),
            "alias": record.alias,
            "targets": record.targets,
            "strategy": record.strategy,
            "verdict": record.verdict,
            "moment": record.moment.astimezone(UTC).isoformat(),
            "is_unproved": record.is_unproved,
        }
        for record in ledger.records
    ]
    return envelope.dumps({"anchors": records}, format=_FORMAT, version=_VERSION)


def loads(data: bytes, *, name: str) -> Ledger:
    """
    Read a ledger.

    Args:
        data: what `dumps` returned.
        name: where it was read, for messages.

    Raises:
        InputError: it is no ledger, or of another version.
    """
    return envelope.loads(
        data,
        lambda document: Ledger(records=tuple(map(_record, document["anchors"]))),
        format=_FORMAT,
        version=_VERSION,
        title=f"The ledger {visible(name)}",
        remedy="Move it away; what was added before is then never removed by --prune.",
    )


def _record(item: dict[str, Any]) -> Record:
    digest, alias = item["sha256"], item["alias"]
    if not _SHA256.fullmatch(digest) or not isinstance(item["targets"], list) or not isinstance(alias, str | None):
        raise ValueError
    return Record(
        sha256=bytes.fromhex(digest),
        alias=alias,
        targets=tuple(map(str, item["targets"])),
        strategy=str(item["strategy"]),
        verdict=str(item["verdict"]),
        moment=datetime.fromisoformat(item["moment"]).astimezone(UTC),
        is_unproved=bool(item["is_unproved"]),
    )
