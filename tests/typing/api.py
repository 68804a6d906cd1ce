"""The public interface in use: checked by mypy, never run."""

from anchorkeep import __version__

version: str = __version__
