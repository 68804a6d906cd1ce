"""`anchorkeep keytool` beside the JDK's own: the same exit codes, the same streams, the same entries, script by script."""

import contextlib
import io
import os
import re
import socketserver
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from anchorkeep import formats
from anchorkeep.cli import main
from anchorkeep.errors import StoreIntegrityError
from anchorkeep.model import alias as aliases
from anchorkeep.model.truststore import OtherEntry, TrustStore, certificate_of
from tests.conftest import require_tool
from tests.interop import keystores
from tests.interop.keytool_scripts import PASSWORD, SCRIPTS, Script

#: What begins a line of stderr that is Anchorkeep's own.
_OURS = "anchorkeep: "
_USAGE = re.compile(r"(?:keytool -|Key and Certificate Management Tool)")


#: What JDK 17 is asked in the short run; both are asked everything in the long one.
_SHORT_17 = frozenset(
    {"list-verbose", "import-answer-yes", "export-pem", "delete", "changealias-jks", "convert-to-jks", "storepasswd"}
)
#: What JDK 25 is asked in the long run alone: ways into a command that another script has taken already.
_LONG_25 = frozenset(
    {
        *(
            "list-alias-upper-case",
            "list-verbose-key",
            "list-rfc-key",
            "list-as-jks",
            "list-password-typed",
            "list-no-password-file",
        ),
        *("import-der", "import-answer-no", "import-known-again", "import-weak", "import-no-file", "import-old-name"),
        *("delete-no-store", "delete-alias-typed", "changealias-missing", "storepasswd-typed", "storepasswd-wrong"),
        *(
            "merge-no-source",
            "merge-missing",
            "print-stdin",
            "print-no-file",
            "print-garbage",
            "print-rfc",
            "list-wrong-password-jks",
        ),
        *(
            "export-missing",
            "list-option-without-value",
            "convert-to-pkcs12",
            "storepasswd-short",
            "delete-jks",
            "list-verbose-alias",
        ),
    }
)
_CASES = [
    pytest.param(version, name, id=f"{version}-{name}", marks=() if is_short else pytest.mark.deep)
    for name in SCRIPTS
    for version, is_short in (("25.0.2", name not in _LONG_25), ("17.0.2", name in _SHORT_17))
]
_EXTENSIONS = """
[req]
distinguished_name = name
[name]
[ca]
basicConstraints = critical, CA:TRUE
subjectKeyIdentifier = hash
keyUsage = critical, keyCertSign, cRLSign
[leaf]
subjectAltName = DNS:app.example, IP:10.0.0.1, IP:fe80::1, email:a@app.example, URI:https://app.example/, dirName:dir
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth, clientAuth
authorityInfoAccess = OCSP;URI:http://o.example/, caIssuers;URI:http://i.example/a.crt
crlDistributionPoints = URI:http://c.example/a.crl, URI:http://c.example/b.crl
certificatePolicies = 2.23.140.1.2.1, 1.2.3.4
nameConstraints = permitted;DNS:.example, excluded;IP:10.0.0.0/255.0.0.0
policyConstraints = requireExplicitPolicy:3
basicConstraints = CA:TRUE, pathlen:0
nsCertType = server, client
1.2.3.4.5 = ASN1:UTF8String:hello
[dir]
C = DE
O = Acme, Inc.
"""


@pytest.fixture(scope="module")
def seed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with certificates of OpenSSL and stores that a real keytool made of them."""
    folder = tmp_path_factory.mktemp("seed")
    openssl, home = require_tool("openssl"), keystores.jre("25.0.2")

    def ask(*words: str) -> None:
        subprocess.run([openssl, *words], cwd=folder, check=True, capture_output=True, timeout=60)

    (folder / "x.cnf").write_text(_EXTENSIONS)
    new = ("req", "-x509", "-nodes", "-config", "x.cnf", "-days", "90", "-newkey")
    ask(*new, "rsa:2048", "-keyout", "ca.key", "-out", "ca.pem", "-extensions", "ca", "-subj", "/C=DE/O=Acme, Inc./CN=Acme Root")
    ask(*new, "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-keyout", "ec.key", "-out", "ec.pem", "-subj", "/CN=EC Root")
    ask(*new, "rsa:1024", "-sha1", "-keyout", "weak.key", "-out", "weak.pem", "-extensions", "ca", "-subj", "/CN=Weak Root")
    ask(*new, "ed25519", "-keyout", "many.key", "-out", "many.pem", "-extensions", "leaf", "-subj", "/CN=Many/UID=u/OU=x  y")
    for name in ("leaf", "second"):
        request = ("req", "-new", "-nodes", "-config", "x.cnf", "-newkey", "rsa:2048", "-out", "request")
        ask(*request, "-keyout", f"{name}.key", "-subj", f"/CN={name}")
        ask("x509", "-req", "-in", "request", "-CA", "ca.pem", "-CAkey", "ca.key", "-days", "30", "-out", f"{name}.pem")
    ask("x509", "-in", "ca.pem", "-outform", "DER", "-out", "ca.der")
    (folder / "bundle.pem").write_bytes((folder / "leaf.pem").read_bytes() + (folder / "ca.pem").read_bytes())
    ask("crl2pkcs7", "-nocrl", "-certfile", "bundle.pem", "-out", "bundle.p7b")
    key = ("pkcs12", "-export", "-in", "leaf.pem", "-inkey", "leaf.key", "-certfile", "ca.pem", "-name", "app")
    ask(*key, "-passout", "pass:secret1", "-out", "app.p12")
    for kind, store in (("PKCS12", "t.p12"), ("JKS", "t.jks"), ("PKCS12", "weak.p12")):
        for alias in ("weak",) if store == "weak.p12" else ("root", "leaf"):
            file = folder / {"root": "ca.pem"}.get(alias, f"{alias}.pem")
            words = ("-importcert", "-noprompt", "-alias", alias, "-keystore", folder / store, "-storetype", kind)
            keystores.keytool(home, *words, "-storepass", PASSWORD, "-file", file)
    words = (
        "-importkeystore",
        "-srckeystore",
        folder / "app.p12",
        "-srcstorepass",
        "secret1",
        "-destkeystore",
        folder / "key.jks",
    )
    (folder / "key.jks").write_bytes((folder / "t.jks").read_bytes())
    keystores.keytool(home, *words, "-deststorepass", PASSWORD)
    (folder / "pw").write_text(f"{PASSWORD}\n")
    (folder / "garbage").write_text("garbage\n")
    (folder / "empty").touch()
    return folder


@pytest.mark.parametrize(("version", "name"), _CASES)
def test_keytool_and_ours_do_the_same(
    seed: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfdbinary: pytest.CaptureFixture[bytes],
    version: str,
    name: str,
) -> None:
    """Exit code, stdout, stderr and the entries left in the store are keytool's own."""
    script, home = SCRIPTS[name], keystores.jre(version)
    stdin = (seed / script.stdin[1:]).read_bytes() if script.stdin.startswith("@") else script.stdin.encode()
    monkeypatch.setenv("KEYTOOL_PW", PASSWORD)
    theirs, ours = _copied(seed, tmp_path / "theirs"), _copied(seed, tmp_path / "ours")
    code, out, err = _java(home, script, stdin, theirs)
    got_code, got_out, got_err = _anchorkeep(script, stdin, ours, monkeypatch, capfdbinary)
    assert (got_code, _normal(got_out), _lines(got_err)) == (code, _normal(out), _lines(err))
    assert _content(ours / script.store) == _content(theirs / script.store)


@pytest.mark.parametrize("name", ["import-root", "convert-to-jks", pytest.param("storepasswd-key", marks=pytest.mark.deep)])
def test_keytool_reads_what_ours_wrote(
    seed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes], name: str
) -> None:
    """A real keytool lists the store that ours made as it lists what ours says of it."""
    script, folder = SCRIPTS[name], _copied(seed, tmp_path / "ours")
    assert _anchorkeep(script, b"", folder, monkeypatch, capfdbinary)[0] == 0
    password = "secret2" if name == "storepasswd-key" else PASSWORD
    listing = Script(words=f"-list -keystore {script.store} -storepass {password}")
    code, out, _ = _java(keystores.jre("25.0.2"), listing, b"", folder)
    assert (code, out) == _anchorkeep(listing, b"", folder, monkeypatch, capfdbinary)[:2]


@pytest.mark.parametrize("option", ["-v", pytest.param("-rfc", marks=pytest.mark.deep)])
def test_keytool_and_ours_see_the_same_server(
    seed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes], option: str
) -> None:
    """The chain that a server sends is printed as keytool prints it."""
    with _served(seed) as port:
        script = Script(words=f"-printcert {option} -sslserver localhost:{port}")
        code, out, err = _java(keystores.jre("25.0.2"), script, b"", tmp_path)
        got = _anchorkeep(script, b"", tmp_path, monkeypatch, capfdbinary)
    assert code == 0
    assert (got[0], got[1], _lines(got[2])) == (code, out.replace("\r", ""), _lines(err))


@contextlib.contextmanager
def _served(seed: Path) -> Iterator[int]:
    """Serve the chain of the bundle on a port of this machine."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(seed / "bundle.pem", seed / "leaf.key")

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with contextlib.suppress(OSError), context.wrap_socket(self.request, server_side=True) as connection:
                connection.recv(1)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()


def _copied(seed: Path, folder: Path) -> Path:
    folder.mkdir()
    for item in seed.iterdir():
        (folder / item.name).write_bytes(item.read_bytes())
    return folder


def _java(home: Path, script: Script, stdin: bytes, folder: Path) -> tuple[int, str, str]:
    options = ("-J-Duser.language=en", "-J-XX:TieredStopAtLevel=1", "-J-XX:+UseSerialGC", "-J-Dstdout.encoding=UTF-8")
    done = subprocess.run(
        [home / "bin" / "keytool", *options, *script.words.split()],
        input=stdin,
        cwd=folder,
        capture_output=True,
        check=False,
        timeout=60,
        env=os.environ | {"LC_ALL": "C.UTF-8"},
    )
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def _anchorkeep(
    script: Script, stdin: bytes, folder: Path, monkeypatch: pytest.MonkeyPatch, capture: pytest.CaptureFixture[bytes]
) -> tuple[int, str, str]:
    with monkeypatch.context() as patched:
        patched.chdir(folder)
        patched.setenv("ANCHORKEEP_STATE", str(folder.parent / "state"))
        patched.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        capture.readouterr()
        code = main.main(["keytool", *script.words.split()])
        sys.stderr.flush()
    out, err = capture.readouterr()
    return code, out.decode(), err.decode()


def _normal(out: str) -> str:
    """Return stdout without what differs between two keytools: ends of lines, and what a stack trace or a null is called."""
    lines = [line for line in out.replace("\r", "").split("\n") if not line.startswith(("\tat ", "java."))]
    # JDK 25 leaves out the bits of a key that has no other number of them.
    return re.sub(r"\d+-bit (Ed25519|Ed448) key", r"\1 key", "\n".join(lines))


def _lines(err: str) -> list[str]:
    """
    Return the lines of stderr that two keytools agree on, in an order of their own.

    Entries are imported in the order of Java's hash table; help is each program's own; JDK 17 words warnings otherwise.
    """
    kept: list[str] = []
    for line in err.replace("\r", "").split("\n"):
        if _USAGE.match(line):
            break
        text = line.partition(_OURS)[0]
        if text or not line:
            kept.append(re.sub(r" (?:This key size will|This algorithm will|It will) be disabled in a future update\.", "", text))
    return sorted(filter(None, kept))


def _content(path: Path) -> object:
    """Return what a store holds by alias, or a file's bytes; None where there is none."""
    if not path.exists():
        return None
    data = path.read_bytes()
    for password in (PASSWORD, "secret1", "secret2"):
        with contextlib.suppress(StoreIntegrityError):
            return password, _entries(formats.loads(data, password=password))
    pytest.fail(f"{path.name} opens with none of the passwords")


def _entries(store: TrustStore) -> object:
    if store.format in {"pem", "der"}:
        return store.certificates
    return store.format, {
        aliases.folded(entry.alias or ""): (type(entry), certificate_of(entry))
        for entry in store.entries
        if not isinstance(entry, OtherEntry)
    }
