"""Read `[[stores]]` of the settings file: the stores that `anchorkeep apply` brings to where they are to be."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from anchorkeep.actions.desired import DesiredStore
from anchorkeep.cli import options, settings_table
from anchorkeep.errors import UsageError
from anchorkeep.judge.strategy import Strategy
from anchorkeep.text import visible

if TYPE_CHECKING:
    from collections.abc import Collection

#: What a table of `[[stores]]` may say.
KEYS = (
    "path",
    "for",
    "environments",
    "strategy",
    "with_default_roots",
    "prune",
    "accept",
    "set",
    "password_file",
    "password_env",
)


def parse(value: object, path: Path, *, environments: Collection[str]) -> tuple[DesiredStore, ...]:
    """
    Return the stores of a settings file.

    Args:
        value: what stands under `stores`.
        path: the settings file; relative paths are beside it.
        environments: the names of the file's environments.

    Raises:
        UsageError: it does not say what it must, or two of them are one file.
    """
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise UsageError(f"{visible(str(path))}: stores is not a list of tables.", remedy="Begin each store with: [[stores]]")
    found: list[DesiredStore] = []
    for number, item in enumerate(value, start=1):
        where = f"{path}, store {number}"
        store = _store(item, where, beside=path.parent, environments=environments)
        if any(store.path == other.path for other in found):
            raise UsageError(f"{visible(where)}: {visible(str(store.path))} is another one's path already.")
        found.append(store)
    return tuple(found)


def _store(item: dict[str, Any], where: str, *, beside: Path, environments: Collection[str]) -> DesiredStore:
    settings_table.only_known(item, KEYS, where)
    path = settings_table.text(item, "path", where)
    if not path:
        raise UsageError(f"{visible(where)} names no path.", remedy='Write: path = "truststore.p12"')
    password_file = _beside(beside, settings_table.text(item, "password_file", where))
    variable = settings_table.text(item, "password_env", where)
    if password_file is not None and variable is not None:
        raise UsageError(f"{visible(where)}: password_file and password_env exclude each other.", remedy="Leave one out.")
    strategy = _strategy(settings_table.text(item, "strategy", where), where)
    named = tuple(beside / each for each in settings_table.strings(item.get("set", []), f"{where}, set"))
    if named and strategy is not Strategy.ROOT_SET:
        raise UsageError(f"{visible(where)}: set goes with strategy root-set.", remedy='Write: strategy = "root-set"')
    return DesiredStore(
        path=beside / path,
        environments=_environments(item, where, environments),
        strategy=strategy,
        java=settings_table.text(item, "for", where),
        has_default_roots=settings_table.flag(item, "with_default_roots", where, otherwise=False),
        is_pruned=settings_table.flag(item, "prune", where, otherwise=False),
        accepted=_fingerprints(item, where),
        named=named,
        password_file=password_file,
        password_variable=variable,
    )


def _beside(directory: Path, text: str | None) -> Path | None:
    return None if text is None else directory / text


def _environments(item: dict[str, Any], where: str, known: Collection[str]) -> tuple[str, ...]:
    names = settings_table.strings(item.get("environments", []), f"{where}, environments")
    if not names:
        raise UsageError(f"{visible(where)} names no environments.", remedy='Write: environments = ["uat"]')
    for name in names:
        if name not in known:
            nearest = settings_table.nearest(name, tuple(known))
            raise UsageError(f"{visible(where)}: there is no environment '{visible(name)}'.{nearest}")
    return tuple(dict.fromkeys(names))


def _strategy(text: str | None, where: str) -> Strategy:
    try:
        return Strategy.ROOT if text is None else Strategy(text)
    except ValueError:
        nearest = settings_table.nearest(text or "", tuple(Strategy))
        raise UsageError(f"{visible(where)}: there is no strategy '{visible(text or '')}'.{nearest}") from None


def _fingerprints(item: dict[str, Any], where: str) -> frozenset[bytes]:
    texts = settings_table.strings(item.get("accept", []), f"{where}, accept")
    try:
        return frozenset(map(options.fingerprint, texts))
    except UsageError as error:
        raise UsageError(f"{visible(where)}, accept: {error.message}") from None
