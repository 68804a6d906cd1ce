"""Stores, changes and comparisons as JSON; docs/reference/json.md says what is in it, and beside it stand the schemas."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from anchorkeep.cli import columns
from anchorkeep.formats import evidence
from anchorkeep.model.edit import Change as Edit
from anchorkeep.model.truststore import OtherEntry, OtherKind, PrivateKeyEntry, SecretKeyEntry, TrustedCertEntry

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from anchorkeep.actions.store import Opened
    from anchorkeep.actions.store_compare import Difference, Standing
    from anchorkeep.actions.store_convert import Loss
    from anchorkeep.actions.store_history import Undone
    from anchorkeep.actions.store_verify import Examined
    from anchorkeep.actions.store_write import Written
    from anchorkeep.host.history import Change, History
    from anchorkeep.judge.opening import Opening
    from anchorkeep.model.certificate import Certificate
    from anchorkeep.model.truststore import Entry

VERSION = 1
_OTHERS = {OtherKind.CRL: "revocation-list", OtherKind.CTL: "trust-list", OtherKind.UNKNOWN: "unknown"}


def out(document: dict[str, Any]) -> None:
    """Print a document on stdout."""
    # JSON in ASCII escapes has no control character but line ends.
    columns.out(json.dumps(document, indent=2) + "\n")


def stores(opened: Sequence[Opened], *, at: datetime) -> dict[str, Any]:
    """Return stores that were read."""
    return _stores([_store(item) for item in opened], at=at)


def examined(items: Sequence[Examined], *, at: datetime) -> dict[str, Any]:
    """Return stores that were examined: as `stores`, with what was found."""
    from anchorkeep.actions.evidence import finding

    records = [
        _store(item.opened)
        | {"openings": [_opening(each) for each in item.openings], "findings": [finding(each) for each in item.findings]}
        for item in items
    ]
    return _stores(records, at=at)


def change(written: Written, *, losses: Sequence[Loss] = ()) -> dict[str, Any]:
    """Return what was done to a store, or would be."""
    return {
        "format": "anchorkeep.store-change",
        "version": VERSION,
        "path": str(written.path),
        "state": str(written.state),
        "storetype": written.after.format,
        "entries": len(written.after.entries),
        **_edit(written.change),
        "kept": [entry(item) for item in written.change.kept],
        "lost": [{"what": item.what, "message": item.message} for item in losses],
        "notes": list(written.notes),
    }


def undo(undone: Undone) -> dict[str, Any]:
    """Return what was taken back; `is_known` tells whether both contents could be opened to see what came and went."""
    return {
        "format": "anchorkeep.store-undo",
        "version": VERSION,
        "path": str(undone.path),
        "state": str(undone.state),
        "undone": _past(undone.undone),
        "lost": [_past(item) for item in undone.lost],
        "is_foreign_lost": undone.is_foreign_lost,
        "is_known": undone.change is not None,
        **_edit(undone.change or Edit()),
        "notes": list(undone.notes),
    }


def difference(found: Difference, first: Opened, second: Opened) -> dict[str, Any]:
    """Return a comparison of two stores."""
    return {
        "format": "anchorkeep.store-diff",
        "version": VERSION,
        "first": str(first.path),
        "second": str(second.path),
        "is_same": found.is_empty,
        "only_first": [_standing(item) for item in found.only_first],
        "only_second": [_standing(item) for item in found.only_second],
        "both": [_standing(item) for item in found.both],
    }


def histories(items: Sequence[History]) -> dict[str, Any]:
    """Return the changes of stores."""
    records = [
        {"path": str(item.path), "is_current": item.is_current, "changes": [_past(each) for each in item.changes]}
        for item in items
    ]
    return {"format": "anchorkeep.store-history", "version": VERSION, "stores": records}


def _edit(done: Edit) -> dict[str, Any]:
    return {
        "added": [entry(item) for item in done.added],
        "removed": [entry(item) for item in done.removed],
        "renamed": [{"before": item.before.alias, "after": item.after.alias} for item in done.renamed],
    }


def _past(item: Change) -> dict[str, Any]:
    return {
        "id": item.id,
        "moment": evidence.timestamp(item.moment),
        "command": list(item.command),
        "summary": list(item.summary),
        "before": item.before,
        "after": item.after,
    }


def entry(item: Entry) -> dict[str, Any]:
    """Return an entry with its certificates; of keys nothing but that they are there."""
    record: dict[str, Any] = {"alias": item.alias, "kind": _kind(item)}
    if not isinstance(item, OtherEntry):
        record["created"] = None if item.created is None else evidence.timestamp(item.created)
    match item:
        case TrustedCertEntry():
            record |= {"is_visible_to_java": item.is_visible_to_java, "is_distrusted": item.is_distrusted}
            record["certificates"] = [_certificate(item.certificate)]
        case PrivateKeyEntry():
            record["certificates"] = [_certificate(each) for each in item.chain]
        case OtherEntry():
            record["size"] = len(item.data)
        case SecretKeyEntry():
            pass
    return record


def _stores(records: list[dict[str, Any]], *, at: datetime) -> dict[str, Any]:
    return {"format": "anchorkeep.store", "version": VERSION, "judged_at": evidence.timestamp(at), "stores": records}


def _store(item: Opened) -> dict[str, Any]:
    return {
        "path": str(item.path),
        "storetype": item.store.format,
        "integrity": str(item.store.integrity),
        "password": str(item.origin),
        "protection": [
            {"part": str(each.part), "scheme": str(each.scheme), "algorithm": each.algorithm, "iterations": each.iterations}
            for each in item.store.protection
        ],
        "entries": [entry(each) for each in item.store.entries],
        "notes": list(item.notes),
    }


def _kind(item: Entry) -> str:
    match item:
        case TrustedCertEntry():
            return "certificate"
        case PrivateKeyEntry():
            return "private-key"
        case SecretKeyEntry():
            return "secret-key"
        case OtherEntry():
            return _OTHERS[item.kind]


def _certificate(item: Certificate) -> dict[str, Any]:
    """Return a certificate as evidence has it, without its bytes, which the store itself has."""
    record = evidence.certificate(item)
    del record["der"]
    return record


def _opening(item: Opening) -> dict[str, Any]:
    return {
        "java": item.java.label,
        "opens": item.opens,
        "opens_keys": item.opens_keys,
        "reason": item.reason,
        "is_proved": item.is_proved,
    }


def _standing(item: Standing) -> dict[str, Any]:
    return {
        "certificate": _certificate(item.certificate),
        "first": list(item.first),
        "second": list(item.second),
        "is_key": item.is_key,
    }
