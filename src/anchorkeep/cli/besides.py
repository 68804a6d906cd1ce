"""Options that say what to look at besides the services themselves."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from anchorkeep.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from anchorkeep.actions.nodes import Wanted
    from anchorkeep.actions.show import Subject
    from anchorkeep.observe.approach import Approach

F = TypeVar("F", bound=Callable[..., Any])

_OPTIONS = (
    click.option("--all-addresses", is_flag=True, help="Look at every address of the name, and say where they differ."),
    click.option("--both-key-types", is_flag=True, help="Ask for an RSA and for an ECDSA certificate (up to TLS 1.2)."),
    click.option(
        "--compare-proxy", metavar="URL", help="Look through this proxy too (none: directly), and say whether the chain differs."
    ),
)


def options(command: F) -> F:
    """Add the options to a command."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def wanted(values: dict[str, Any]) -> Wanted | None:
    """
    Take the options out of a command's keyword arguments; None where none was given.

    Raises:
        UsageError: `--compare-proxy` is no URL of a proxy, or holds a password.
    """
    all_addresses, both, compare = (values.pop(name) for name in ("all_addresses", "both_key_types", "compare_proxy"))
    if not (all_addresses or both or compare is not None):
        return None
    from anchorkeep.actions.nodes import Wanted

    other_way = None if compare is None else _way(compare)
    return Wanted(all_addresses=all_addresses, both_key_types=both, other_way=other_way)


def refuse_the_impossible(asked: Wanted | None, subjects: Sequence[Subject]) -> None:
    """
    Refuse looks that could not be made.

    Raises:
        UsageError: every address is wanted of a service behind a proxy.
    """
    if asked is not None and asked.all_addresses and any(item.approach and item.approach.proxy for item in subjects):
        raise UsageError(
            "--all-addresses does not go through a proxy: it is the proxy that looks the name up.",
            remedy="Leave it out, or look directly with --proxy none.",
        )


def _way(text: str) -> Approach:
    from anchorkeep.cli import proxies
    from anchorkeep.observe.approach import Approach

    proxy = proxies.parse(text, where="--compare-proxy")
    if proxy is not None and proxy.username is not None:
        raise UsageError(
            "--compare-proxy with a user name or a password is refused: the command line is seen by everyone on this machine.",
            remedy="Compare the other way round: --proxy with --proxy-auth-file, and --compare-proxy none.",
        )
    return Approach(proxy=proxy)
