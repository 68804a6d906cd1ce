"""`--version` names the parts whose version decides what is seen, and warns about an old list of roots."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import certifi
import cryptography
import OpenSSL
import pytest

from anchorkeep import __version__
from anchorkeep.cli import version
from anchorkeep.host import roots
from tests.peers.command import run


def test_version_names_every_part() -> None:
    """This program, OpenSSL, pyOpenSSL, cryptography and certifi are named with their versions, and the list with its day."""
    shown = run("--version")
    ssl = OpenSSL.SSL.OpenSSL_version(OpenSSL.SSL.OPENSSL_VERSION).decode()
    parts = [__version__, ssl, OpenSSL.__version__, cryptography.__version__, certifi.__version__]
    assert (shown.code, [part for part in parts if part not in shown.out]) == (0, [])
    assert str(roots.day(certifi.__version__)) in shown.out


@pytest.mark.parametrize(("age", "warned"), [(version.MAX_LIST_AGE_DAYS, False), (version.MAX_LIST_AGE_DAYS + 1, True)])
def test_old_list_is_warned_about(age: int, monkeypatch: pytest.MonkeyPatch, *, warned: bool) -> None:
    """A list of more than 90 days is warned about on stderr, one of 90 is not; the exit code stays 0."""
    dated: date = (datetime.now(UTC) - timedelta(days=age)).date()
    listed = roots.RootList(data=b"", version="1", dated=dated, path=Path("cacert.pem"))
    monkeypatch.setattr(roots, "mozilla", lambda: listed)
    shown = run("--version")
    assert (shown.code, "days old" in shown.err) == (0, warned)


def test_missing_list_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a list that is Mozilla's, it is said that no root counts as public."""
    monkeypatch.setattr(roots, "mozilla", lambda: roots.MissingRootList(reason="It was changed."))
    assert "No root counts as public: It was changed." in run("--version").err
