"""Servers of other families than OpenSSL's own as peers of `observe`: GnuTLS, nginx and Java."""

import subprocess
from pathlib import Path

import pytest

from tests.conftest import require_tool
from tests.peers import process
from tests.peers.observing import chain_at, der, exported
from tests.peers.pki import present

pytestmark = pytest.mark.interop

PASSWORD = "changeit"
JAVA_SERVER = Path(__file__).parent / "java" / "TlsServer.java"
NGINX = """
daemon off;
master_process off;
pid {directory}/pid;
error_log {directory}/error.log;
events {{ }}
http {{
  access_log off;
  client_body_temp_path {directory}/body;
  proxy_temp_path {directory}/proxy;
  fastcgi_temp_path {directory}/fastcgi;
  uwsgi_temp_path {directory}/uwsgi;
  scgi_temp_path {directory}/scgi;
  server {{
    listen 127.0.0.1:{port} ssl;
    ssl_certificate {directory}/whole.pem;
    ssl_certificate_key {directory}/key.pem;
    ssl_protocols {version};
    ssl_verify_client {client};
    ssl_client_certificate {directory}/rest.pem;
  }}
}}
"""


@pytest.mark.parametrize(
    ("priority", "version"),
    [("NORMAL:-VERS-ALL:+VERS-TLS1.2", "TLSv1.2"), ("NORMAL:-VERS-ALL:+VERS-TLS1.3", "TLSv1.3")],
)
@pytest.mark.parametrize("client", ["--disable-client-cert", "--require-client-cert"])
def test_gnutls(tmp_path: Path, priority: str, version: str, client: str) -> None:
    """The chain of gnutls-serv is the configured one, also where a client certificate is demanded."""
    presented, port = present(), process.free_port()
    key, _, _, whole = presented.write(tmp_path)
    command = [require_tool("gnutls-serv"), "--port", str(port), "--http", "--x509keyfile", key]
    options = ["--x509certfile", whole, "--priority", priority, client]
    with process.server([*command, *options], port=port, log=tmp_path / "log"):
        seen = chain_at(port)
    demanded = client == "--require-client-cert"
    assert (der(seen), seen.tls_version) == (presented.der, version)
    assert seen.client_certificate_requested is demanded
    assert (seen.failure is not None) is demanded


@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
@pytest.mark.parametrize("client", ["off", "on"])
def test_nginx(tmp_path: Path, version: str, client: str) -> None:
    """The chain of nginx is the configured one; it judges a client certificate only in HTTP."""
    presented, port = present(), process.free_port()
    _, _, _, whole = presented.write(tmp_path)
    settings = tmp_path / "nginx.conf"
    settings.write_text(NGINX.format(directory=tmp_path, port=port, version=version, client=client), "utf-8")
    command = [require_tool("nginx"), "-p", tmp_path, "-e", tmp_path / "error.log", "-c", settings]
    with process.server(command, port=port, log=tmp_path / "log"):
        seen, written = chain_at(port), exported(port)
    assert written == whole.read_bytes()
    assert (der(seen), seen.tls_version, seen.failure) == (presented.der, version, None)
    assert seen.client_certificate_requested is (client == "on")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("version", "client", "requested", "reason"),
    [
        ("TLSv1.2", "none", False, None),
        ("TLSv1.3", "none", False, None),
        ("TLSv1.2", "need", True, "client-certificate-required"),
        ("TLSv1.3", "want", True, None),
    ],
)
def test_java(tmp_path: Path, version: str, client: str, *, requested: bool, reason: str | None) -> None:
    """The chain of a Java server is the one in its key store, also where it demands a client certificate."""
    presented = present()
    key, leaf, rest, whole = presented.write(tmp_path)
    store, password = tmp_path / "store.p12", tmp_path / "password"
    password.write_text(PASSWORD, "ascii")
    subprocess.run(
        [
            *(require_tool("openssl"), "pkcs12", "-export", "-inkey", key, "-in", leaf, "-certfile", rest),
            *("-out", store, "-passout", f"file:{password}"),
        ],
        check=True,
        capture_output=True,
    )
    command = [require_tool("java"), JAVA_SERVER, store, password, version, client]
    with process.running(command, stdout=subprocess.PIPE) as server:
        assert server.stdout is not None
        port = int(server.stdout.readline())
        seen, written = chain_at(port), exported(port)
    assert written == whole.read_bytes()
    assert (der(seen), seen.tls_version, seen.client_certificate_requested) == (presented.der, version, requested)
    assert (seen.failure.reason if seen.failure else None) == reason
