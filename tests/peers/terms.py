"""How tests write stores: at one moment, into a state folder beside them."""

from datetime import UTC, datetime
from pathlib import Path

from anchorkeep.actions.store_write import Terms

AT = datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def terms(folder: Path, **changes: object) -> Terms:
    """Return terms with the state in a folder of that folder."""
    return Terms(**{"at": AT, "now": NOW, "state": folder / "state", "command": ("store", "test"), **changes})
