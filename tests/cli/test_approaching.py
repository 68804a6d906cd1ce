import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat

from anchorkeep.cli import settings
from anchorkeep.cli.outcome import Exit
from anchorkeep.errors import RefusedError, UsageError
from tests.peers import openssl, sockets
from tests.peers.command import Result, run
from tests.peers.pki import present
from tests.peers.process import free_port
from tests.peers.proxies import PASSWORD, USER, answers, tinyproxy
from tests.peers.sockets import peer

FORBIDDEN = b"HTTP/1.1 403 Forbidden\r\n\r\n"
SETTINGS = '[environments.uat]\n{proxy}endpoints = [{{ target = "portal.example.test"{more} }}]\n'


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make an empty directory the current one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(directory: Path, proxy: str = "", more: str = "", *, mode: int = 0o600) -> Path:
    """Write settings with one environment."""
    path = directory / "anchorkeep.toml"
    path.write_text(SETTINGS.format(proxy=f'proxy = "{proxy}"\n' if proxy else "", more=more), "utf-8")
    path.chmod(mode)
    return path


def words(result: Result) -> str:
    """Return what was said, on one line, without a password in it."""
    said = " ".join(f"{result.out} {result.err}".split())
    assert PASSWORD not in said
    return said


def test_option_names_the_proxy() -> None:
    """`--proxy` is gone through, and its refusal is the report."""
    with peer(answers(FORBIDDEN)) as port:
        result = run("show", "portal.example.test", "--proxy", f"http://127.0.0.1:{port}")
    assert f"The proxy 127.0.0.1:{port} forbids this connection to portal.example.test:443" in words(result)
    assert result.code == Exit.UNKNOWN


def test_settings_name_the_proxy(here: Path) -> None:
    """The proxy of an environment is gone through."""
    with peer(answers(FORBIDDEN)) as port:
        write(here, f"http://{USER}:{PASSWORD}@127.0.0.1:{port}")
        assert f"The proxy 127.0.0.1:{port} forbids" in words(run("show", "--env", "uat"))


def test_variable_names_the_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The variable is believed where nothing else says anything."""
    with peer(answers(FORBIDDEN)) as port:
        monkeypatch.setenv("https_proxy", f"http://{USER}:{PASSWORD}@127.0.0.1:{port}")
        assert f"The proxy 127.0.0.1:{port} forbids" in words(run("show", "portal.example.test"))


def test_option_comes_before_settings_before_variables(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who is asked says more than a file, and a file more than a variable."""
    monkeypatch.setenv("HTTPS_PROXY", "http://variable.invalid:1")
    write(here, "http://settings.invalid:1")
    option = "http://option.invalid:1"
    assert "proxy option.invalid:1" in words(run("show", "--env", "uat", "--proxy", option))
    assert "proxy settings.invalid:1" in words(run("show", "--env", "uat"))
    assert "proxy variable.invalid:1" in words(run("show", "other.example.test"))


def test_none_goes_directly(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`none`, in the settings or on the command line, is a direct connection whatever the variables say."""
    monkeypatch.setenv("HTTPS_PROXY", "http://variable.invalid:1")
    target = f"127.0.0.1:{free_port()}"
    write(here, "none", f', connect = "{target}"')
    assert f"{target} refused the connection" in words(run("show", "--env", "uat"))
    assert f"{target} refused the connection" in words(run("show", target, "--proxy", "none"))


def test_exempt_host_is_reached_directly(monkeypatch: pytest.MonkeyPatch) -> None:
    """What NO_PROXY names is not asked of the proxy."""
    monkeypatch.setenv("HTTPS_PROXY", "http://variable.invalid:1")
    monkeypatch.setenv("NO_PROXY", "127.0.0.0/8")
    assert "refused the connection" in words(run("show", f"127.0.0.1:{free_port()}"))


@pytest.mark.parametrize("mode", [0o644, 0o640])
def test_password_in_readable_settings_is_refused(mode: int, here: Path) -> None:
    """Settings with a password are for their owner alone."""
    with pytest.raises(RefusedError, match="holds a password") as caught:
        settings.load(write(here, f"http://{USER}:{PASSWORD}@p.test:1", mode=mode))
    assert "chmod 600" in caught.value.remedy


def test_proxy_without_a_password_is_no_secret(here: Path) -> None:
    """Settings that name a proxy only may be read by everyone, and what is read is not shown with credentials."""
    said = settings.load(write(here, "socks5://p.test", mode=0o644))
    assert str(said.proxies["uat"].address) == "p.test:1080"  # type: ignore[union-attr]


@pytest.mark.parametrize("proxy", ["https://p.test:1", f"http://{USER}:{PASSWORD}@", "p.test"])
def test_bad_proxy_in_settings_is_named(proxy: str, here: Path) -> None:
    """A proxy that cannot be read is named with its environment, and without what it holds."""
    with pytest.raises(UsageError, match=r"environments\.uat: proxy") as caught:
        settings.load(write(here, proxy))
    assert PASSWORD not in str(caught.value)


def test_settings_name_the_protocol(here: Path) -> None:
    """An endpoint may say in which protocol TLS is asked for; its port follows from it where none is named."""
    (endpoint,) = settings.load(write(here, "", ', starttls = "IMAP"')).environments["uat"]
    assert (endpoint.starttls, endpoint.port) == ("imap", 143)


def test_unknown_protocol_in_settings_is_named(here: Path) -> None:
    """A protocol that nobody speaks is an error that names the known ones."""
    with pytest.raises(UsageError, match=r"endpoint 1: TLS cannot be asked for in 'gopher'"):
        settings.load(write(here, "", ', starttls = "gopher"'))


@pytest.mark.parametrize("options", [("--starttls", "smtp"), ("--starttls", "auto")])
def test_starttls_does_not_go_with_an_environment(options: tuple[str, str], here: Path) -> None:
    """Environments say for each endpoint what is spoken."""
    write(here)
    assert "not with an environment" in words(run("show", "uat", *options))
    assert "not with an environment" in words(run("show", "--env", "uat", *options))


def test_starttls_is_asked_for() -> None:
    """`--starttls` asks for TLS in the protocol that it names."""
    with peer(sockets.scripted(b"220 mail.test ESMTP\r\n", b"250 mail.test\r\n")) as port:
        result = run("show", "mail.test", "--starttls", "smtp", "--connect", f"127.0.0.1:{port}", "--json")
    assert ('"starttls": "smtp"' in result.out, '"starttls-not-offered"' in result.out) == (True, True)


def test_proxy_is_in_the_evidence() -> None:
    """Evidence says through which proxy was looked, and nothing of its credentials."""
    with peer(answers(FORBIDDEN)) as port:
        result = run("show", "portal.example.test", "--proxy", f"http://127.0.0.1:{port}", "--json")
    assert f'"proxy": "127.0.0.1:{port}"' in result.out


@pytest.mark.interop
def test_real_proxy_with_a_password(here: Path) -> None:
    """A service is shown through tinyproxy with credentials from a file; they are in no output."""
    presented = present()
    credentials = here / "proxy.auth"
    credentials.write_text(f"{USER}:{PASSWORD}\n", "utf-8")
    credentials.chmod(0o600)
    with openssl.served(here, presented) as port, tinyproxy(here, f"BasicAuth {USER} {PASSWORD}") as proxy:
        options = ("--proxy", f"http://127.0.0.1:{proxy}", "--proxy-auth-file", credentials)
        result = run("show", f"localhost:{port}", "--servername", "service.test", *options, "--json")
    (seen,) = json.loads(result.out)["observations"]
    assert (seen["proxy"], len(seen["certificates"])) == (f"127.0.0.1:{proxy}", len(presented.der))
    assert words(result)


@pytest.mark.parametrize(("wished", "reason"), [("1.3", "client-certificate-required"), ("1.0", "client-certificate-required")])
@pytest.mark.interop
def test_client_certificate_is_presented(wished: str, reason: str, here: Path) -> None:
    """Without `--cert` a server that demands one refuses, with it the handshake succeeds."""
    client = present("client.test")
    own = here / "own"
    own.mkdir()
    own_key, _, _, own_chain = client.write(own)
    with openssl.served(here, present(), "-Verify", "3") as port:
        look = ("show", "service.test", "--connect", f"127.0.0.1:{port}", "--min-tls", wished, "--json")
        assert f'"reason": "{reason}"' in run(*look).out
        assert '"failure": null' in run(*look, "--cert", own_chain, "--key", own_key).out


@pytest.mark.parametrize("options", [("--key", "x.pem"), ("--cert-pass-env", "HOME")])
def test_key_without_certificate_is_refused(options: tuple[str, str]) -> None:
    """What goes with a client certificate is of no use without one."""
    assert "go with --cert" in words(run("show", "portal.example.test", *options))


def test_password_of_the_key_comes_from_a_file(here: Path) -> None:
    """An encrypted key is opened with the password of a file, and not without."""
    client = present("client.test")
    encoded = client.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(PASSWORD.encode()))
    _, _, _, chain = client.write(here)
    both = here / "both.pem"
    both.write_bytes(chain.read_bytes() + encoded)
    secret = here / "secret"
    secret.write_text(PASSWORD, "utf-8")
    look = ("show", f"127.0.0.1:{free_port()}", "--cert", both)
    assert "is encrypted" in words(run(*look))
    assert "refused the connection" in words(run(*look, "--cert-pass-file", secret))


def test_key_of_another_certificate_is_refused(here: Path) -> None:
    """A key that belongs to no certificate of the file is found before anything is asked for."""
    _, _, _, chain = present("client.test").write(here)
    other = here / "other.pem"
    other.write_bytes(present().key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    result = run("show", "portal.example.test", "--cert", chain, "--key", other)
    assert ("belongs to the private key" in words(result), result.code) == (True, Exit.USAGE)
