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
from dataclasses import dataclass
from pathlib import Path

import pytest

from anchorkeep import formats
from anchorkeep.cli import main
from anchorkeep.errors import StoreIntegrityError
from anchorkeep.model import alias as aliases
from anchorkeep.model.truststore import OtherEntry, TrustStore, certificate_of
from tests.conftest import require_tool
from tests.interop import keystores

_PASS = "changeit"
_P12 = f"-keystore t.p12 -storepass {_PASS}"
_JKS = f"-keystore t.jks -storepass {_PASS}"
#: What begins a line of stderr that is Anchorkeep's own.
_OURS = "anchorkeep: "
_USAGE = re.compile(r"(?:keytool -|Key and Certificate Management Tool)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """
    One call of keytool, as scripts and guides make it.

    Attributes:
        words: what stands behind `keytool`.
        stdin: what is piped in.
        store: the file that it may change.
    """

    words: str
    stdin: str = ""
    store: str = "t.p12"


SCRIPTS = {
    "list": Script(words=f"-list {_P12}"),
    "list-jks": Script(words=f"-list {_JKS}"),
    "list-verbose": Script(words=f"-list -v {_P12}"),
    "list-verbose-key": Script(words="-list -v -keystore app.p12 -storepass secret1"),
    "list-key": Script(words="-list -keystore app.p12 -storepass secret1"),
    "list-rfc": Script(words=f"-list -rfc {_P12}"),
    "list-rfc-key": Script(words="-list -rfc -keystore app.p12 -storepass secret1"),
    "list-alias": Script(words=f"-list {_P12} -alias root"),
    "list-alias-upper-case": Script(words=f"-list {_P12} -alias ROOT"),
    "list-alias-missing": Script(words=f"-list {_P12} -alias none"),
    "list-rfc-alias": Script(words=f"-list -rfc {_P12} -alias root"),
    "list-verbose-alias": Script(words=f"-list -v {_JKS} -alias leaf"),
    "list-without-password-jks": Script(words="-list -keystore t.jks"),
    "list-without-password-p12": Script(words="-list -keystore t.p12"),
    "list-password-typed": Script(words="-list -keystore t.p12", stdin=f"{_PASS}\n"),
    "list-wrong-password": Script(words="-list -keystore t.p12 -storepass wrongpw"),
    "list-wrong-password-jks": Script(words="-list -keystore t.jks -storepass wrongpw"),
    "list-password-file": Script(words="-list -keystore t.p12 -storepass:file pw"),
    "list-password-variable": Script(words="-list -keystore t.p12 -storepass:env KEYTOOL_PW"),
    "list-no-variable": Script(words="-list -keystore t.p12 -storepass:env KEYTOOL_NONE"),
    "list-no-password-file": Script(words="-list -keystore t.p12 -storepass:file none"),
    "list-no-store": Script(words="-list -keystore none -storepass changeit"),
    "list-empty-file": Script(words="-list -keystore empty -storepass changeit"),
    "list-no-keystore": Script(words="-list -keystore ca.pem -storepass changeit"),
    "list-as-jks": Script(words=f"-list -storetype JKS {_P12}"),
    "list-unknown-type": Script(words=f"-list -storetype BKS {_P12}"),
    "list-verbose-and-rfc": Script(words=f"-list -v -rfc {_P12}"),
    "list-cacerts-and-keystore": Script(words=f"-list -cacerts {_P12}"),
    "list-upper-case": Script(words=f"-LIST -KEYSTORE t.p12 -STOREPASS {_PASS}"),
    "list-illegal-option": Script(words=f"-list -bogus {_P12}"),
    "list-option-without-value": Script(words=f"-list {_P12} -alias"),
    "list-weak": Script(words="-list -keystore weak.p12 -storepass changeit"),
    "illegal-command": Script(words="-bogus"),
    "import-root": Script(words=f"-importcert -noprompt -alias ec {_P12} -file ec.pem"),
    "import-old-name": Script(words=f"-import -noprompt -trustcacerts -alias ec {_P12} -file ec.pem"),
    "import-der": Script(words=f"-importcert -noprompt -alias other {_P12} -file ca.der"),
    "import-into-jks": Script(words=f"-importcert -noprompt -alias EC {_JKS} -file ec.pem", store="t.jks"),
    "import-into-new-store": Script(
        words="-importcert -noprompt -alias ec -keystore new.p12 -storepass changeit -file ec.pem", store="new.p12"
    ),
    "import-into-new-jks": Script(
        words="-importcert -noprompt -alias ec -keystore new.jks -storetype JKS -storepass changeit -file ec.pem", store="new.jks"
    ),
    "import-default-alias": Script(words=f"-importcert -noprompt {_P12} -file ec.pem"),
    "import-bundle": Script(words=f"-importcert -noprompt -alias bundle {_P12} -file bundle.pem"),
    "import-stdin": Script(words=f"-importcert -noprompt -alias ec {_P12}", stdin="@ec.pem"),
    "import-answer-yes": Script(words=f"-importcert -alias ec {_P12} -file ec.pem", stdin="yes\n"),
    "import-answer-no": Script(words=f"-importcert -alias ec {_P12} -file ec.pem", stdin="no\n"),
    "import-answer-missing": Script(words=f"-importcert -alias ec {_P12} -file ec.pem"),
    "import-answer-wrong": Script(words=f"-importcert -alias ec {_P12} -file ec.pem", stdin="maybe\nyes\n"),
    "import-known-again": Script(words=f"-importcert -alias again {_P12} -file ca.pem"),
    "import-known-again-yes": Script(words=f"-importcert -alias again {_P12} -file ca.pem", stdin="y\n"),
    "import-vouched-for": Script(words=f"-importcert -alias second {_P12} -file second.pem"),
    "import-alias-taken": Script(words=f"-importcert -noprompt -alias Root {_P12} -file ec.pem"),
    "import-garbage": Script(words=f"-importcert -noprompt -alias g {_P12} -file garbage"),
    "import-pkcs7": Script(words=f"-importcert -noprompt -alias g {_P12} -file bundle.p7b"),
    "import-no-file": Script(words=f"-importcert -noprompt -alias g {_P12} -file none"),
    "import-short-password": Script(
        words="-importcert -noprompt -alias ec -keystore new.p12 -storepass abc -file ec.pem", store="new.p12"
    ),
    "import-wrong-password": Script(words="-importcert -noprompt -alias ec -keystore t.p12 -storepass wrongpw -file ec.pem"),
    "import-no-password": Script(words="-importcert -noprompt -alias ec -keystore t.p12 -file ec.pem"),
    "import-weak": Script(words=f"-importcert -noprompt -alias weak {_P12} -file weak.pem"),
    "export-der": Script(words=f"-exportcert -alias root {_P12} -file out.der", store="out.der"),
    "export-pem": Script(words=f"-exportcert -rfc -alias root {_P12} -file out.pem", store="out.pem"),
    "export-stdout": Script(words=f"-export -rfc -alias leaf {_JKS}"),
    "export-missing": Script(words=f"-exportcert -alias none {_P12}"),
    "delete": Script(words=f"-delete -alias ROOT {_P12}"),
    "delete-jks": Script(words=f"-delete -alias leaf {_JKS}", store="t.jks"),
    "delete-missing": Script(words=f"-delete -alias none {_P12}"),
    "delete-alias-typed": Script(words=f"-delete {_P12}", stdin="leaf\n"),
    "delete-no-store": Script(words="-delete -alias root -keystore none -storepass changeit"),
    "changealias": Script(words=f"-changealias -alias root -destalias Acme {_P12}"),
    "changealias-jks": Script(words=f"-changealias -alias root -destalias acme {_JKS}", store="t.jks"),
    "changealias-key": Script(
        words="-changealias -alias app -destalias web -keystore app.p12 -storepass secret1", store="app.p12"
    ),
    "changealias-taken": Script(words=f"-changealias -alias root -destalias leaf {_P12}"),
    "changealias-missing": Script(words=f"-changealias -alias none -destalias acme {_P12}"),
    "storepasswd": Script(words=f"-storepasswd {_P12} -new secret2"),
    "storepasswd-jks": Script(words=f"-storepasswd {_JKS} -new secret2", store="t.jks"),
    "storepasswd-key": Script(words="-storepasswd -keystore app.p12 -storepass secret1 -new secret2", store="app.p12"),
    "storepasswd-short": Script(words=f"-storepasswd {_P12} -new abc"),
    "storepasswd-wrong": Script(words="-storepasswd -keystore t.jks -storepass wrongpw -new secret2", store="t.jks"),
    "storepasswd-typed": Script(words=f"-storepasswd {_P12}", stdin="secret2\nsecret2\n"),
    "convert-to-jks": Script(
        words="-importkeystore -noprompt -srckeystore t.p12 -srcstorepass changeit -destkeystore new.jks -deststoretype JKS "
        "-deststorepass changeit",
        store="new.jks",
    ),
    "convert-to-pkcs12": Script(
        words="-importkeystore -srckeystore t.jks -srcstorepass changeit -destkeystore new.p12 -deststoretype PKCS12 "
        "-deststorepass changeit",
        store="new.p12",
    ),
    "convert-in-place": Script(
        words="-importkeystore -srckeystore t.jks -destkeystore t.jks -deststoretype pkcs12 -srcstorepass changeit "
        "-deststorepass changeit",
        store="t.jks",
    ),
    "convert-key": Script(
        words="-importkeystore -srckeystore app.p12 -srcstorepass secret1 -destkeystore new.jks -deststoretype JKS "
        "-deststorepass changeit",
        store="new.jks",
    ),
    "merge-one": Script(
        words="-importkeystore -srckeystore app.p12 -srcstorepass secret1 -srcalias app -destalias web -destkeystore t.p12 "
        "-deststorepass changeit"
    ),
    "merge-overwrite": Script(
        words="-importkeystore -noprompt -srckeystore t.jks -srcstorepass changeit -destkeystore t.p12 -deststorepass changeit"
    ),
    "merge-missing": Script(
        words="-importkeystore -srckeystore t.jks -srcstorepass changeit -srcalias none -destkeystore t.p12 "
        "-deststorepass changeit"
    ),
    "merge-no-source": Script(
        words="-importkeystore -srckeystore none -srcstorepass changeit -destkeystore t.p12 -deststorepass changeit"
    ),
    "merge-wrong-password": Script(
        words="-importkeystore -srckeystore app.p12 -srcstorepass wrongpw -destkeystore t.p12 -deststorepass changeit"
    ),
    "list-jks-with-key": Script(words="-list -keystore key.jks -storepass changeit"),
    "delete-beside-key": Script(words="-delete -alias root -keystore key.jks -storepass changeit", store="key.jks"),
    "print": Script(words="-printcert -file ca.pem"),
    "print-bundle": Script(words="-printcert -file bundle.pem"),
    "print-pkcs7": Script(words="-printcert -file bundle.p7b"),
    "print-rfc": Script(words="-printcert -rfc -file bundle.pem"),
    "print-stdin": Script(words="-printcert", stdin="@second.pem"),
    "print-garbage": Script(words="-printcert -file garbage"),
    "print-no-file": Script(words="-printcert -file none"),
    "print-many-extensions": Script(words="-printcert -v -file many.pem"),
    "print-weak": Script(words="-printcert -file weak.pem"),
    # As public guides write it: a Dockerfile's import; gists of wrouesnel (6240468b), ouyi (da0e7dcc), wsargent (11062326),
    # rlewkowicz (8bb2f374) and recter (8051753); a trust store for TIBCO; options before the command.
    "guide-import-der": Script(
        words="-import -trustcacerts -keystore t.jks -storepass changeit -noprompt -alias mycert -file ca.der", store="t.jks"
    ),
    "guide-options-first": Script(
        words="-keystore t.jks -storepass changeit -noprompt -trustcacerts -importcert -alias corp -file ec.pem", store="t.jks"
    ),
    "guide-password-first": Script(words="-storepass changeit -import -noprompt -alias ec -file ec.pem -keystore t.p12"),
    "guide-list-after": Script(words="-storepass changeit -list -keystore t.p12"),
    "guide-verbose-import": Script(
        words="-import -v -trustcacerts -alias exampleca -file ec.pem -keypass:env KEYTOOL_PW -storepass changeit "
        "-keystore new.jks",
        stdin="yes\n",
        store="new.jks",
    ),
    "guide-server-key": Script(
        words="-importkeystore -deststorepass changeit -destkeypass changeit -destkeystore new.jks -srckeystore app.p12 "
        "-srcstoretype PKCS12 -srcstorepass secret1 -srcalias app -destalias server-cert",
        store="new.jks",
    ),
    "guide-verbose-merge": Script(
        words="-v -importkeystore -srckeystore app.p12 -srcstoretype PKCS12 -srcstorepass secret1 -destkeystore new.jks "
        "-deststoretype JKS -deststorepass changeit",
        store="new.jks",
    ),
    "guide-trust-store": Script(
        words="-import -alias root2 -file ec.pem -keystore new.jks -storetype JKS -storepass changeit -keypass changeit "
        "-noprompt",
        store="new.jks",
    ),
}
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
            keystores.keytool(home, *words, "-storepass", _PASS, "-file", file)
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
    keystores.keytool(home, *words, "-deststorepass", _PASS)
    (folder / "pw").write_text(f"{_PASS}\n")
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
    monkeypatch.setenv("KEYTOOL_PW", _PASS)
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
    password = "secret2" if name == "storepasswd-key" else _PASS
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
    for password in (_PASS, "secret1", "secret2"):
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
