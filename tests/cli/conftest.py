"""What every test of the command line needs: streams looked at anew, and no settings and state but those the test writes."""

from pathlib import Path

import pytest

from anchorkeep.cli import render


@pytest.fixture(autouse=True)
def _alone(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the settings of whoever runs the tests away, the state of the machine, and what another test's streams were."""
    nobody: Path = tmp_path_factory.mktemp("nobody")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(nobody / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(nobody / "state"))
    monkeypatch.setenv("ANCHORKEEP_STATE", str(nobody / "anchorkeep"))
    for name in ("JAVA_HOME", "SOURCE_DATE_EPOCH"):
        monkeypatch.delenv(name, raising=False)
    render.forget_streams()
