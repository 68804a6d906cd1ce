from pathlib import Path

import pytest

from anchorkeep import formats, lab
from tests.peers.command import Result, run


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the variables of this machine away."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def shown(cloud: lab.Cloud, tmp_path: Path, *options: str, aia: str | None = None) -> Result:
    """Show UAT, which sends its leaf alone and names where the issuer is, with an [aia] table in the settings."""
    cloud.misbehave("aia", "uat")
    (tmp_path / "root.pem").write_bytes(formats.dumps(cloud.roots, format="pem"))
    portal, _ = cloud.endpoints("uat")
    path = tmp_path / "anchorkeep.toml"
    settings = f"enabled = true\nallow_private = true\nports = [{cloud.state.aia_port}]" if aia is None else aia
    path.write_text(f'[pools]\nmozilla = false\njava = false\nsystem = false\nfiles = ["root.pem"]\n[aia]\n{settings}\n')
    path.chmod(0o600)
    return run("show", portal.host, "--connect", str(portal.connect), "--config", path, *options, width=140)


def test_issuer_is_fetched(cloud: lab.Cloud, tmp_path: Path) -> None:
    """The path is shown up to the root, with the issuer from where the certificate says it is."""
    result = shown(cloud, tmp_path)
    assert "its issuer URL" in result.out
    assert "✓ Verifies" in result.out
    assert "aia-failed" not in result.out


@pytest.mark.parametrize("way", ["option", "settings"])
def test_nothing_is_fetched_where_it_is_switched_off(way: str, cloud: lab.Cloud, tmp_path: Path) -> None:
    """Neither with --no-aia nor where the settings say so is anything asked or noted."""
    result = shown(cloud, tmp_path, "--no-aia") if way == "option" else shown(cloud, tmp_path, aia="enabled = false")
    assert "not found" in result.out
    assert "aia-failed" not in result.out
    assert "✓ Verifies" not in result.out


@pytest.mark.parametrize(("options", "is_fetched"), [((), False), (("--allow-private-aia",), True)])
def test_private_addresses_need_to_be_allowed(
    options: tuple[str, ...], *, is_fetched: bool, cloud: lab.Cloud, tmp_path: Path
) -> None:
    """Without the option or the setting an address of this machine is refused."""
    result = shown(cloud, tmp_path, *options, aia=f"ports = [{cloud.state.aia_port}]")
    assert ("✓ Verifies" in result.out) is is_fetched
    assert ("[address-refused]" in result.out) is not is_fetched


def test_other_ports_need_to_be_named(cloud: lab.Cloud, tmp_path: Path) -> None:
    """To allow private addresses allows no other port."""
    assert "[port-refused]" in shown(cloud, tmp_path, aia="allow_private = true").out


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "all_proxy"])
def test_variable_switches_it_off(variable: str, cloud: lab.Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a variable leads plain HTTP through a proxy, nothing is fetched, though the service itself is reached directly."""
    portal, _ = cloud.endpoints("uat")
    monkeypatch.setenv(variable, "http://127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", str(portal.connect))
    result = shown(cloud, tmp_path)
    assert "[through-proxy]" in result.out
    assert "✓ Verifies" not in result.out
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    assert "✓ Verifies" in shown(cloud, tmp_path).out


def test_proxy_is_asked_where_it_is_allowed(cloud: lab.Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With --aia-proxy the variable's proxy is asked; one that is not there is a note."""
    portal, _ = cloud.endpoints("uat")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", str(portal.connect))
    assert "[unreachable]" in shown(cloud, tmp_path, "--aia-proxy").out
