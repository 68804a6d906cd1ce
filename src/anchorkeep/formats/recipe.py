"""What a store is written with: the password, chance, the date, and who is to read it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from anchorkeep.model.java import JavaVersion


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """
    What a codec needs beyond the entries to write a store.

    Attributes:
        at: the date of entries that have none, aware, UTC; of interest to formats that keep one.
        entropy: returns as many octets of chance as it is asked for, for salts and initialization vectors.
        password: of the new store; None for formats without one, and for a store without protection.
        java: who is to read it; None writes an old store with the algorithms it was found with, and a new one for every
            release from 17 on.
        is_new_password: whether it is another than the store had: one that no reader is known to take must suit all of them.
    """

    at: datetime
    entropy: Callable[[int], bytes] = field(repr=False)
    password: str | None = field(default=None, repr=False)
    java: JavaVersion | None = None
    is_new_password: bool = False
