"""`anchorkeep init`: write an anchorkeep.toml."""

from __future__ import annotations

from pathlib import Path

import click

from anchorkeep.actions import settle
from anchorkeep.cli import options, render, settings


@click.command("init")
@click.option("--flexnet", metavar="SITEID", help="Environments of FlexNet Operations for this site, as in flex1234.")
@click.option("--config", type=options.PATH, default=Path(settings.FILE_NAME), show_default=True, help="The file to write.")
@click.option("--force", is_flag=True, help="Replace a file that is there.")
@click.option("--dry-run", is_flag=True, help="Print the file instead of writing it.")
def command(*, flexnet: str | None, config: Path, force: bool, dry_run: bool) -> int:
    """Write a settings file with the environments uat and production, their endpoints, and the pools of roots."""
    text = settle.settings_text(flexnet)
    if dry_run:
        render.out_raw(text.rstrip("\n"))
        return 0
    settle.write(config, text, force=force)
    named = "" if config == Path(settings.FILE_NAME) else f" --config {render.path(config)}"
    render.say(f"Wrote {render.path(config)}. Next: anchorkeep show uat{named}")
    return 0
