import io
import json
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption
from cryptography.hazmat.primitives.serialization.pkcs12 import PKCS12Certificate, serialize_java_truststore
from cryptography.x509 import load_der_x509_certificate
from hypothesis import given
from hypothesis import strategies as st

from anchorkeep import formats
from anchorkeep.actions import evidence
from anchorkeep.actions.show import Subject
from anchorkeep.cli import starttls, target
from anchorkeep.cli.settings import Settings
from anchorkeep.cli.target import Asked
from anchorkeep.errors import AnchorkeepError, EvidenceError, FileError, StoreFormatError, StoreIntegrityError, UsageError
from anchorkeep.model.chain import FailedObservation, ObservedChain
from anchorkeep.model.endpoint import Endpoint
from anchorkeep.observe.starttls import PROTOCOLS
from tests.data import stores
from tests.peers import reports
from tests.peers.command import run
from tests.peers.reports import AT, pki

KNOWN = Settings(
    path=Path("anchorkeep.toml"),
    environments={
        "uat": (Endpoint.parse("portal.example.test"), Endpoint.parse("compliance.example.test:8443")),
        "production": (Endpoint.parse("live.example.test"),),
    },
)


def resolved(text: str, **options: str) -> tuple[Subject, ...]:
    """Return what a target is."""
    return target.resolve(Asked(text=text, **options), KNOWN, now=AT)


def service(text: str, **options: str) -> Endpoint:
    """Return the one service that a target is."""
    (subject,) = resolved(text, **options)
    assert subject.recorded is None
    return subject.endpoint


def store(password: str) -> bytes:
    """Return a Java trust store that holds the steady root, written by another library."""
    entry = PKCS12Certificate(load_der_x509_certificate(pki().root.der), b"steady")
    return serialize_java_truststore([entry], BestAvailableEncryption(password.encode()))


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make an empty directory the current one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://a.example", "a.example:443"),
        ("https://a.example/flexnet/services?wsdl#top", "a.example:443"),
        ("https://a.example:8443/", "a.example:8443"),
        ("https://a.example:/", "a.example:443"),
        ("HTTPS://A.Example", "a.example:443"),
        ("wss://a.example", "a.example:443"),
        ("tls://a.example:636", "a.example:636"),
        ("https://[2001:db8::1]:8443/", "[2001:db8::1]:8443"),
        ("https://[2001:db8::1]", "[2001:db8::1]:443"),
        ("https://192.0.2.1", "192.0.2.1:443"),
        ("https://bücher.example/", "xn--bcher-kva.example:443"),
        ("a.example", "a.example:443"),
        ("a.example:8443", "a.example:8443"),
        ("A.Example.", "a.example:443"),
        ("localhost", "localhost:443"),
        ("2001:db8::1", "[2001:db8::1]:443"),
        ("[2001:db8::1]", "[2001:db8::1]:443"),
        ("[2001:db8::1]:8443", "[2001:db8::1]:8443"),
        ("bücher.example:8443", "xn--bcher-kva.example:8443"),
    ],
)
def test_service_is_read(text: str, expected: str) -> None:
    """A URL, a host and an address are a service, in A-labels and with 443 where no port is named."""
    assert str(service(text)) == expected


@pytest.mark.parametrize(
    ("text", "port", "protocol"),
    [
        ("smtp://a.example", 25, "smtp"),
        ("smtp://a.example:587", 587, "smtp"),
        ("lmtp://a.example", 24, "lmtp"),
        ("imap://a.example", 143, "imap"),
        ("pop3://a.example", 110, "pop3"),
        ("ftp://a.example/path", 21, "ftp"),
        ("ldap://a.example", 389, "ldap"),
        ("xmpp://a.example", 5222, "xmpp-client"),
        ("nntp://a.example", 119, "nntp"),
        ("sieve://a.example", 4190, "sieve"),
        ("irc://a.example", 6667, "irc"),
        ("postgres://a.example", 5432, "postgres"),
        ("postgresql://a.example/base", 5432, "postgres"),
        ("mysql://a.example", 3306, "mysql"),
        ("mssql://a.example", 1433, "mssql"),
        ("rdp://[2001:db8::1]", 3389, "rdp"),
        ("smtps://a.example", 465, None),
        ("imaps://a.example", 993, None),
        ("pop3s://a.example", 995, None),
        ("ldaps://a.example", 636, None),
        ("ftps://a.example", 990, None),
        ("ircs://a.example", 6697, None),
        ("nntps://a.example:5563", 5563, None),
    ],
)
def test_scheme_says_how_tls_begins(text: str, port: int, protocol: str | None) -> None:
    """The scheme of a URL gives the port and the protocol in which TLS is asked for, or none where TLS comes first."""
    endpoint = service(text)
    assert (endpoint.port, endpoint.starttls) == (port, protocol)


def test_every_protocol_has_a_scheme() -> None:
    """No protocol is without a scheme but the second one of XMPP, which has the same."""
    assert set(starttls.STARTTLS_SCHEMES.values()) == PROTOCOLS.keys() - {"xmpp-server"}


@pytest.mark.parametrize(
    ("text", "option", "port", "protocol"),
    [
        ("a.example", "smtp", 25, "smtp"),
        ("a.example", "SMTP", 25, "smtp"),
        ("a.example:2525", "smtp", 2525, "smtp"),
        ("a.example:143", "auto", 143, "imap"),
        ("a.example:587", "auto", 587, "smtp"),
        ("a.example:8443", "auto", 8443, None),
        ("a.example", "auto", 443, None),
        ("tls://a.example:25", "smtp", 25, "smtp"),
        ("tls://a.example:25", "auto", 25, "smtp"),
        ("smtp://a.example", "auto", 25, "smtp"),
        ("smtp://a.example", "smtp", 25, "smtp"),
    ],
)
def test_starttls_is_read(text: str, option: str, port: int, protocol: str | None) -> None:
    """`--starttls` names the protocol, whose port is taken where none is named; `auto` takes the port's."""
    endpoint = service(text, starttls=option)
    assert (endpoint.port, endpoint.starttls) == (port, protocol)


@pytest.mark.parametrize(
    ("text", "option", "reason"),
    [
        ("a.example", "gopher", "cannot be asked for in 'gopher'"),
        ("a.example", "", "cannot be asked for in ''"),
        ("smtp://a.example", "imap", "smtp:// says smtp, --starttls says imap"),
        ("uat", "smtp", "not with an environment"),
        ("./chain.pem", "smtp", "not with a file"),
    ],
)
def test_starttls_that_does_not_fit_is_refused(text: str, option: str, reason: str) -> None:
    """An unknown protocol, one against the scheme, and one for what is no service are refused."""
    with pytest.raises(UsageError, match=reason):
        resolved(text, starttls=option)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("http://a.example", "scheme .* is not known; known are https://, wss://, tls://"),
        ("gopher://a.example", "is not known"),
        ("://a.example", "is not known"),
        ("file:///etc/passwd", "is not known"),
        ("https://", "names no host"),
        ("https:///path", "names no host"),
        ("https://:443", "names no host"),
        ("https://a.example:0", "no valid port"),
        ("https://a.example:65536", "is no URL"),
        ("https://a.example:https", "is no URL"),
        ("https://[::1", "is no URL"),
        ("https://[a.example]", "is no URL"),
        ("https://a b.example", "is no host name"),
        ("https://-x.example", "is no host name"),
    ],
)
def test_bad_url_is_refused(text: str, reason: str) -> None:
    """A URL of another scheme, without a host, or with a bad port is refused."""
    with pytest.raises(UsageError, match=reason):
        resolved(text)


@pytest.mark.parametrize("userinfo", ["user", "user:s3cret", ":s3cret", ""])
@pytest.mark.parametrize("rest", ["a.example", "a.example:99999", "[::1]"])
def test_user_name_in_url_is_refused(userinfo: str, rest: str) -> None:
    """A URL with a user name or password is refused, whatever else is wrong with it, and neither is repeated."""
    with pytest.raises(UsageError, match="user name or a password is refused") as caught:
        resolved(f"https://{userinfo}@{rest}")
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    "text", ["", "-x", "a b", "a.example:", "a.example:0", "a.example:x", "1:2:3", "1.2.3", "a..b", "x" * 5000]
)
def test_bad_host_is_refused(text: str) -> None:
    """What is no host is refused."""
    with pytest.raises(UsageError):
        resolved(text)


def test_connect_and_servername_go_with_a_service() -> None:
    """A service is reached elsewhere, or asked by another name, where the command line says so."""
    endpoint = service("https://a.example/", connect="127.0.0.1:8443", server_name="b.example")
    assert (str(endpoint), str(endpoint.target), endpoint.reference_identity) == ("a.example:443", "127.0.0.1:8443", "b.example")


def test_environment_is_all_its_services() -> None:
    """A name in the settings is the environment's services, in their order."""
    subjects = resolved("uat")
    assert [subject.label for subject in subjects] == ["portal.example.test", "compliance.example.test:8443"]
    assert {subject.environment for subject in subjects} == {"uat"}


def test_missing_environment_is_refused() -> None:
    """An environment that the settings do not name is refused where only an environment can be meant."""
    with pytest.raises(UsageError, match=r"No environment 'uatt'.*Did you mean 'uat'\?"):
        target.environment("uatt", KNOWN)


@pytest.mark.parametrize("make", [Path.touch, Path.mkdir, lambda path: path.symlink_to("nowhere")])
def test_environment_and_file_of_one_name_are_an_error(make: object, here: Path) -> None:
    """A name that is both an environment and something here is an error that names both ways out."""
    make(here / "uat")
    with pytest.raises(UsageError, match=r"'uat' is an environment in anchorkeep\.toml and a file here") as caught:
        resolved("uat")
    assert "--env uat" in caught.value.remedy
    assert "./uat" in caught.value.remedy


def test_way_out_of_two_meanings_works(here: Path) -> None:
    """With a separator the file is meant, however the environments are called."""
    (here / "uat").write_bytes(pki().leaf.der)
    (subject,) = resolved("./uat")
    assert subject.recorded.certificates == (pki().leaf,)


@pytest.mark.parametrize("options", [{"connect": "127.0.0.1:1"}, {"server_name": "a.example"}])
def test_connect_does_not_go_with_an_environment(options: dict[str, str]) -> None:
    """An environment's services are reached as the settings say."""
    with pytest.raises(UsageError, match="not with an environment"):
        resolved("production", **options)


@pytest.mark.parametrize("options", [("--connect", "127.0.0.1:1"), ("--servername", "a.example")])
def test_connect_does_not_go_with_env(options: tuple[str, str], here: Path) -> None:
    """Nor where `--env` names an environment of one service only."""
    (here / "anchorkeep.toml").write_text('[environments.uat]\nendpoints = ["127.0.0.1:1"]\n')
    result = run("show", "--env", "uat", *options)
    assert (result.code, result.out) == (2, "")
    assert "not with an environment" in " ".join(result.err.split())


def test_connect_does_not_go_with_two_services() -> None:
    """Two services are not one, so that `--connect` could mean either."""
    result = run("show", "a.example", "b.example", "--connect", "127.0.0.1:1")
    assert (result.code, result.out) == (2, "")
    assert "--connect goes with one service only" in result.err


def test_no_target_is_refused() -> None:
    """Nothing is not looked at."""
    result = run("show")
    assert (result.code, result.out) == (2, "")
    assert "No target." in result.err


@pytest.mark.parametrize("format_", ["pem", "pkcs7", "pkcs7-pem", "sst"])
def test_file_is_what_it_holds(format_: str, here: Path) -> None:
    """A file of certificates, whatever its format and name, is a chain as if it had been sent now."""
    (here / "chain.txt").write_bytes(formats.dumps([pki().leaf, pki().intermediate], format=format_))
    (subject,) = resolved("./chain.txt")
    assert subject.label == "./chain.txt"
    assert set(subject.recorded.certificates) == {pki().leaf, pki().intermediate}
    assert (subject.endpoint, subject.recorded.observed_at) == (None, AT)


def test_lists_beside_certificates_are_named(here: Path) -> None:
    """Revocation and trust lists in a serialized store are said, with their number; a store without them says nothing."""
    root = stores.sst_element(32, pki().root.der)
    lists = [stores.sst_element(33, b""), stores.sst_element(34, b""), stores.sst_element(33, b"")]
    (here / "mixed.sst").write_bytes(stores.sst(root, *lists))
    (here / "plain.sst").write_bytes(stores.sst(root))
    expected = "holds 2 certificate revocation lists and 1 certificate trust list too"
    assert resolved("./mixed.sst")[0].note == f"./mixed.sst {expected}; that is left alone."
    assert resolved("./plain.sst")[0].note == ""
    assert expected in " ".join(run("show", "./mixed.sst").err.split())


def test_absolute_path_is_a_file(here: Path) -> None:
    """An absolute path is a file."""
    (here / "leaf.cer").write_bytes(pki().leaf.der)
    assert resolved(str(here / "leaf.cer"))[0].recorded.certificates == (pki().leaf,)


def test_servername_goes_with_a_file(here: Path) -> None:
    """A file may be judged for a name."""
    (here / "leaf.cer").write_bytes(pki().leaf.der)
    (subject,) = resolved("./leaf.cer", server_name="Licenses.Example.test")
    assert subject.recorded.endpoint.reference_identity == "licenses.example.test"


def test_connect_does_not_go_with_a_file(here: Path) -> None:
    """Nobody connects to a file."""
    (here / "leaf.cer").write_bytes(pki().leaf.der)
    with pytest.raises(UsageError, match="not with a file"):
        resolved("./leaf.cer", connect="127.0.0.1:1")


def test_file_with_a_known_suffix_needs_no_separator(here: Path) -> None:
    """A name with the suffix of a certificate file is that file where it is there, and a host where it is not."""
    assert resolved("root.cer")[0].endpoint is not None
    lone = stores.certificate("root", "root")
    (here / "root.cer").write_bytes(lone.der)
    (subject,) = resolved("root.cer")
    assert isinstance(subject.recorded, ObservedChain)
    assert subject.recorded.certificates == (lone,)


def test_file_without_separator_gets_a_hint(here: Path) -> None:
    """A file's name without a separator that is no host is refused, and how to name the file is said."""
    (here / "chain of mine").touch()
    with pytest.raises(UsageError, match="is no host name") as caught:
        resolved("chain of mine")
    assert "./chain of mine" in caught.value.remedy


def test_name_without_a_file_gets_no_hint() -> None:
    """Where there is no such file, none is promised."""
    with pytest.raises(UsageError) as caught:
        resolved("chain of mine.pem")
    assert "There is a file" not in caught.value.remedy


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (lambda _: None, FileError),
        (Path.mkdir, FileError),
        (Path.touch, StoreFormatError),
        (lambda path: path.write_bytes(b"\0" * 100), StoreFormatError),
        (lambda path: path.write_text("{}"), EvidenceError),
    ],
    ids=["missing", "directory", "empty", "binary", "other JSON"],
)
def test_bad_file_is_refused(make: object, error: type[AnchorkeepError], here: Path) -> None:
    """A file that is not there, is none, or holds nothing of ours is an error that names it."""
    make(here / "file-x")
    with pytest.raises(error, match="file-x"):
        resolved("./file-x")


def test_store_opens_with_the_usual_password(here: Path) -> None:
    """A store with Java's usual password needs none."""
    (here / "cacerts").write_bytes(store("changeit"))
    assert resolved("./cacerts")[0].recorded.certificates == (pki().root,)


def test_store_opens_with_its_password(here: Path) -> None:
    """A store with another password opens with that."""
    (here / "cacerts").write_bytes(store("s3cret!"))
    assert resolved("./cacerts", password="s3cret!")[0].recorded.certificates == (pki().root,)


@pytest.mark.parametrize("options", [{}, {"password": "wrong"}])
def test_store_stays_closed_without_its_password(options: dict[str, str], here: Path) -> None:
    """A store with another password stays closed."""
    (here / "cacerts").write_bytes(store("s3cret!"))
    with pytest.raises(StoreIntegrityError):
        resolved("./cacerts", **options)


def test_password_that_is_missing_is_asked_for(here: Path) -> None:
    """Who gave no password is told the options that take one; who gave a wrong one is told to try again."""
    (here / "cacerts").write_bytes(store("s3cret!"))
    with pytest.raises(StoreIntegrityError, match="a password is needed") as missing:
        resolved("./cacerts")
    with pytest.raises(StoreIntegrityError, match="the password is wrong") as wrong:
        resolved("./cacerts", password="wrong")
    assert "--storepass-file or --storepass-env" in missing.value.remedy
    assert wrong.value.remedy == "Try again with the right password."


def test_store_that_was_not_checked_is_said(here: Path) -> None:
    """A store that can be read without its password is shown with a note; with the password there is none."""
    (here / "store.jks").write_bytes(stores.jks(stores.jks_trusted("steady", pki().root), password="s3cret!"))
    expected = "./store.jks: integrity not checked: password unknown or the file was changed."
    (unchecked,) = resolved("./store.jks")
    assert (unchecked.recorded.certificates, unchecked.note) == ((pki().root,), expected)
    assert resolved("./store.jks", password="s3cret!")[0].note == ""
    assert expected in " ".join(run("show", "./store.jks").err.split())


def test_password_is_not_shown() -> None:
    """What was asked can be printed without its password."""
    assert "s3cret" not in repr(Asked(text="./cacerts", password="s3cret"))


def written() -> bytes:
    """Return evidence of a chain and of a failure."""
    return json.dumps(evidence.document([reports.good("a.example:8443"), reports.failed("b.example")])).encode()


def test_evidence_is_its_observations(here: Path) -> None:
    """An evidence file is as many subjects as it holds observations, each of its service, failures too."""
    (here / "evidence.json").write_bytes(written())
    first, second = resolved("./evidence.json")
    assert (first.label, second.label) == ("a.example:8443 (./evidence.json)", "b.example (./evidence.json)")
    assert isinstance(first.recorded, ObservedChain)
    assert isinstance(second.recorded, FailedObservation)
    assert (str(first.endpoint), str(second.endpoint)) == ("a.example:8443", "b.example:443")


def test_servername_does_not_go_with_evidence(here: Path) -> None:
    """Evidence says for itself which name was asked for."""
    (here / "evidence.json").write_bytes(written())
    with pytest.raises(UsageError, match="evidence says for itself"):
        resolved("./evidence.json", server_name="c.example")


@pytest.mark.parametrize("data", [written(), formats.dumps([pki().leaf], format="pem"), pki().leaf.der])
def test_hyphen_is_standard_input(data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """`-` reads evidence and certificates from standard input."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    subject = resolved("-")[0]
    assert subject.recorded.certificates[0] == pki().leaf
    assert "standard input" in subject.label


def test_empty_standard_input_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing on standard input is an error."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO()))
    with pytest.raises(StoreFormatError, match="standard input"):
        resolved("-")


def test_hostile_path_is_made_visible(here: Path) -> None:
    """A file's name reaches a person escaped."""
    (here / "a\x1b[31m\nb").write_bytes(pki().leaf.der)
    assert resolved("./a\x1b[31m\nb")[0].label == "./a\\x1b[31m\\nb"


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")).filter(lambda text: text != "-"))
def test_any_word_is_something_or_an_error(text: str) -> None:
    """Whatever stands on the command line is a target or one of our errors, printable."""
    said = ""
    try:
        resolved(text)
    except AnchorkeepError as error:
        said = str(error)
    assert said.isprintable()
