"""`store new` and `add`: from files, services and pools, nothing hidden, and nothing that only the network vouches for."""

import json
import subprocess
from pathlib import Path

import pytest

from anchorkeep import formats, lab
from anchorkeep.model.certificate import Certificate
from anchorkeep.model.truststore import TrustStore
from anchorkeep.tlv import writer
from tests.data import stores as raw
from tests.interop import keystores
from tests.peers import stores
from tests.peers.command import run
from tests.peers.terminal import PROGRAM


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make the current directory one with a file of two certificates."""
    monkeypatch.chdir(tmp_path)
    held = stores.certificates()
    (tmp_path / "two.pem").write_bytes(formats.dumps([held["root"], held["intermediate"]], format="pem"))
    (tmp_path / "one.pem").write_bytes(formats.dumps([held["wide"]], format="pem"))
    return tmp_path


def opened(path: Path, *, password: str = raw.PASSWORD) -> TrustStore:
    """Return what a store holds."""
    return formats.loads(path.read_bytes(), password=password, name=path.name)


def two() -> tuple[Certificate, ...]:
    """Return the certificates of the file."""
    held = stores.certificates()
    return held["root"], held["intermediate"]


@pytest.mark.parametrize(
    ("name", "format_"),
    [
        ("a.p12", "pkcs12"),
        ("a.jks", "jks"),
        ("a.jceks", "jceks"),
        ("a.bks", "bks"),
        ("a.pem", "pem"),
        ("a.p7b", "pkcs7"),
        ("a.sst", "sst"),
        ("cacerts", "pkcs12"),
        ("A.PFX", "pkcs12"),
    ],
)
def test_suffix_says_the_format(name: str, format_: str, here: Path) -> None:
    """A new store has the format that its suffix promises, and PKCS#12 where it promises none."""
    made = run("store", "new", name, "./two.pem")
    assert made.code == 0, made.err
    store = opened(here / name)
    assert (store.format, sorted(item.der for item in store.certificates)) == (format_, sorted(item.der for item in two()))


@pytest.mark.parametrize(
    ("name", "words", "is_said"),
    [
        ("roots.txt", (), True),
        ("roots.txt", ("--storetype", "pkcs12"), False),
        ("truststore", (), False),
        ("a.keystore", (), False),
        ("a.p12", (), False),
    ],
)
def test_suffix_of_no_format_is_said(name: str, words: tuple[str, ...], is_said: bool, here: Path) -> None:  # noqa: FBT001
    """A name that means a format which nobody knows gets PKCS#12, and it is said; one that stores have is none."""
    for command in (("new", name, "./two.pem"), ("convert", "./two.pem", f"new-{name}")):
        made = run("store", *command, *words, width=200)
        assert (made.code, "--storetype says another" in made.err) == (0, is_said)
    assert opened(here / name).format == opened(here / f"new-{name}").format == "pkcs12"


def test_storetype_says_it_too(here: Path) -> None:
    """`--storetype` counts more than the suffix, in keytool's spelling too."""
    assert run("store", "new", "a.p12", "./two.pem", "--storetype", "JKS").code == 0
    assert opened(here / "a.p12").format == "jks"


def test_suffix_of_no_store_is_refused(here: Path) -> None:
    """A file that would be a single certificate by its name is no store."""
    assert run("store", "new", "a.der", "./one.pem").code == 2
    assert not (here / "a.der").exists()


def test_file_that_is_there_is_not_replaced(here: Path) -> None:
    """`new` never replaces a file."""
    (here / "a.p12").write_text("mine")
    assert run("store", "new", "a.p12", "./two.pem").code == 1
    assert (here / "a.p12").read_text() == "mine"


def test_aliases_are_made_of_name_and_fingerprint(here: Path) -> None:
    """An alias that nobody gave names the certificate and the beginning of its fingerprint."""
    run("store", "new", "a.jks", "./two.pem")
    expected = [
        f"{name}-{item.sha256.hex()[:8]}" for name, item in zip(("steady-root-r1", "steady-tls-ca-1"), two(), strict=True)
    ]
    assert [entry.alias for entry in opened(here / "a.jks").entries] == expected


def test_alias_that_is_given_is_taken(here: Path) -> None:
    """`--alias` names one certificate; for two it is a usage error, and for a name that is taken a refusal."""
    assert run("store", "new", "a.jks", "./one.pem", "--alias", "mine").code == 0
    assert [entry.alias for entry in opened(here / "a.jks").entries] == ["mine"]
    assert run("store", "add", "a.jks", "./two.pem", "--alias", "ours").code == 2
    (here / "other.pem").write_bytes(formats.dumps([two()[0]], format="pem"))
    assert run("store", "add", "a.jks", "./other.pem", "--alias", "mine").code == 1
    assert len(opened(here / "a.jks").entries) == 1


def test_certificate_that_is_there_stays(here: Path) -> None:
    """What is there already is not added again, and nothing is written then."""
    run("store", "new", "a.jks", "./two.pem")
    before = (here / "a.jks").stat().st_mtime_ns
    again = run("store", "add", "a.jks", "./two.pem", "--json")
    change = json.loads(again.out)
    assert (change["state"], len(change["kept"]), change["added"]) == ("unchanged", 2, [])
    assert (here / "a.jks").stat().st_mtime_ns == before


def test_changes_at_one_time_lose_nothing(here: Path) -> None:
    """Processes that add to one store at a time wait for each other: all of it is there, and every change in the history."""
    run("store", "new", "a.jks")
    names = ("root", "intermediate", "wide", "expired")
    for name in names:
        (here / f"{name}.pem").write_bytes(formats.dumps([stores.certificates()[name]], format="pem"))
    adding = [subprocess.Popen([PROGRAM, "store", "add", "a.jks", f"./{name}.pem"], stdout=subprocess.PIPE) for name in names]
    assert [process.wait() for process in adding if process.communicate()] == [0] * len(names)
    assert set(opened(here / "a.jks").certificates) == {stores.certificates()[name] for name in names}
    assert len(json.loads(run("store", "history", "a.jks", "--json").out)["stores"][0]["changes"]) == 1 + len(names)


def test_nothing_to_add_is_a_usage_error(here: Path) -> None:
    """Without a target and a pool there is nothing to add; `new` makes an empty store."""
    run("store", "new", "a.jks")
    assert opened(here / "a.jks").entries == ()
    assert run("store", "add", "a.jks").code == 2


def test_password_that_protects_nothing_is_said(here: Path) -> None:
    """A new store of certificates gets `changeit`, and that is said; one that is given is taken, and not printed."""
    assert "changeit" in run("store", "new", "a.p12", "./two.pem").err
    stores.secret(here / "password")
    made = run("store", "new", "b.p12", "./two.pem", "--storepass-file", "password")
    assert "changeit" not in made.err
    assert stores.SECRET not in made.out + made.err
    assert opened(here / "b.p12", password=stores.SECRET).certificates == two()


def test_pem_comes_from_standard_input(here: Path) -> None:
    """`-` reads certificates from standard input."""
    made = run("store", "new", "a.jks", "-", stdin=(here / "two.pem").read_bytes())
    assert (made.code, opened(here / "a.jks").certificates) == (0, two())


def test_store_whose_integrity_is_open_gives_nothing(here: Path) -> None:
    """From a JKS store whose password is not known nothing is taken; with its password all that it trusts."""
    stores.jks(here / "source.jks", password=stores.SECRET)
    stores.secret(here / "password")
    refused = run("store", "new", "a.p12", "./source.jks")
    assert (refused.code, "--srcstorepass-file" in refused.err, (here / "a.p12").exists()) == (1, True, False)
    assert run("store", "new", "a.p12", "./source.jks", "--srcstorepass-file", "password").code == 0
    assert len(opened(here / "a.p12").entries) == 5


def test_file_without_certificates_is_refused(here: Path) -> None:
    """A file from which nothing comes is named."""
    (here / "empty.jks").write_bytes(raw.jks())
    refused = run("store", "new", "a.p12", "./empty.jks")
    assert (refused.code, "empty.jks" in refused.err) == (1, True)


def test_options_of_services_do_not_go_with_files(here: Path) -> None:
    """An option that says how to reach a service is refused for a file, as `show` refuses it."""
    assert run("store", "new", "a.p12", "./two.pem", "--connect", "127.0.0.1:1").code == 2
    assert not (here / "a.p12").exists()


def test_part_of_a_file_is_chosen(here: Path) -> None:
    """With `--select` a file is looked at as a chain, whose root is known from the file alone, and so asked about."""
    pki = stores.certificates()
    (here / "chain.pem").write_bytes(formats.dumps([pki["wide"], pki["intermediate"], pki["root"]], format="pem"))
    refused = run("store", "new", "a.p12", "./chain.pem", "--select", "root", "--at", stores.AT)
    assert (refused.code, pki["root"].sha256.hex() in "".join(refused.err.split())) == (1, True)
    words = ("--select", "root", "--at", stores.AT, "--accept-fingerprint", pki["root"].sha256.hex())
    assert run("store", "new", "a.p12", "./chain.pem", *words).code == 0
    assert opened(here / "a.p12").certificates == (pki["root"],)


def test_pool_is_taken_whole(here: Path) -> None:
    """`--pool mozilla` takes all of Mozilla's list."""
    made = run("store", "new", "roots.p12", "--pool", "mozilla")
    assert made.code == 0, made.err
    assert len(opened(here / "roots.p12").entries) > 100


def test_root_of_a_service_is_added(cloud: lab.Cloud, lab_settings: Path, here: Path) -> None:
    """From a service the root alone is taken, here one that a pool of the settings vouches for."""
    made = run("store", "new", "a.p12", "--env", "uat", "--config", lab_settings)
    assert made.code == 0, made.err
    assert opened(here / "a.p12").certificates == (cloud.root,)


def test_parts_of_a_chain_are_added(cloud: lab.Cloud, lab_settings: Path, here: Path) -> None:
    """`--select` takes other parts too, in their order."""
    run("store", "new", "a.jks", "--env", "uat", "--config", lab_settings, "--select", "leaf", "--select", "root")
    assert opened(here / "a.jks").certificates == (cloud.chain("uat")[0], cloud.root)


@pytest.mark.parametrize("part", ["root", "leaf", "all", "path", "intermediates"])
def test_hearsay_needs_its_fingerprint(part: str, cloud: lab.Cloud, here: Path) -> None:
    """What nothing but the network vouches for is not added, whichever part is asked for; nothing is written."""
    host, connect = "acme-uat.flexnetoperations.test", cloud.endpoints("uat")[0].connect
    refused = run("store", "new", "a.p12", host, "--connect", connect, "--select", part)
    assert (refused.code, (here / "a.p12").exists()) == (1, False)
    assert part in {"root", "path"} or "--accept-fingerprint" in refused.err  # These two have no root to name.


def test_fingerprint_vouches(cloud: lab.Cloud, here: Path) -> None:
    """A certificate whose fingerprint a person names is added."""
    host, connect = "acme-uat.flexnetoperations.test", cloud.endpoints("uat")[0].connect
    leaf = cloud.chain("uat")[0]
    words = ("--connect", connect, "--select", "leaf", "--accept-fingerprint", leaf.sha256.hex(":").upper())
    made = run("store", "new", "a.p12", host, *words)
    assert (made.code, opened(here / "a.p12").certificates) == (0, (leaf,)), made.err
    assert run("store", "add", "a.p12", host, *words[:-1], "no fingerprint").code == 2


def test_record_of_a_service_is_hearsay_too(cloud: lab.Cloud, lab_settings: Path, here: Path) -> None:
    """Evidence of a service is treated like the service: its root is taken where it is known, and asked about where not."""
    run("show", "uat", "--config", lab_settings, "--save", "seen.json")
    lab_settings.rename(here / "lab.toml")  # Else it would be found here.
    assert run("store", "new", "a.p12", "./seen.json").code == 1
    assert run("store", "new", "a.p12", "./seen.json", "--config", "lab.toml").code == 0
    assert opened(here / "a.p12").certificates == (cloud.root,)


def test_what_is_wrong_with_a_chain_is_said(cloud: lab.Cloud, lab_settings: Path, here: Path) -> None:
    """A root is added though its service has findings, and these are said."""
    cloud.misbehave("expired", "uat")
    made = run("store", "new", "a.p12", "--env", "uat", "--config", lab_settings)
    assert (made.code, opened(here / "a.p12").certificates, "[expired]" in made.err) == (0, (cloud.root,), True)


def test_format_without_password_gets_none(here: Path) -> None:
    """A password for a file that can have none is a usage error, and no file is made."""
    stores.secret(here / "password")
    assert run("store", "new", "a.pem", "./two.pem", "--storepass-file", "password").code == 2
    assert not (here / "a.pem").exists()


def test_same_again_is_the_same(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With SOURCE_DATE_EPOCH a JKS store, and with --reproducible a PKCS#12 store, is the same bytes again."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1790000000")
    for name in ("a.jks", "b.jks"):
        run("store", "new", name, "./two.pem")
    for name in ("a.p12", "b.p12"):
        run("store", "new", name, "./two.pem", "--reproducible")
    run("store", "new", "c.p12", "./two.pem")
    data = {path.name: path.read_bytes() for path in here.glob("[abc].*")}
    assert (data["a.jks"] == data["b.jks"], data["a.p12"] == data["b.p12"], data["b.p12"] == data["c.p12"]) == (True, True, False)


def test_store_is_written_for_an_old_java() -> None:
    """`--for java11` writes what every update of Java 11 opens; an unknown runtime is a usage error."""
    assert run("store", "new", "old.p12", "./two.pem", "--for", "java11").code == 0
    assert run("store", "new", "new.p12", "./two.pem").code == 0
    verified = [run("store", "verify", name, "--for", "java11").code for name in ("old.p12", "new.p12")]
    assert verified == [0, 1]
    assert run("store", "new", "x.p12", "./two.pem", "--for", "java7").code == 2


@pytest.mark.interop
@pytest.mark.parametrize("version", keystores.JRES)
def test_keytool_opens_what_was_made(version: str, here: Path) -> None:
    """Each runtime's keytool lists the certificates of a store made for it."""
    home = keystores.jre(version)
    run("store", "new", "a.p12", "./two.pem", "--for", f"jre:{home}")
    listed = keystores.listed(home, here / "a.p12", password=raw.PASSWORD)
    assert sorted(listed.values()) == sorted([item.sha256.hex()] for item in two())


def key_store(path: Path, *bags: bytes) -> None:
    """Write a PKCS#12 store with a private key, its chain and what else is asked for."""
    pki = stores.certificates()
    chain = (raw.cert_bag(pki["wide"], raw.local_key_id(b"1")), raw.cert_bag(pki["intermediate"]))
    path.write_bytes(raw.pfx(raw.plain_part(raw.key_bag(raw.local_key_id(b"1"))), raw.encrypted_part(*chain, *bags)))


@pytest.mark.parametrize("target", ["./keys.p12", "-"])
def test_certificate_of_a_key_is_no_anchor_unasked(target: str, here: Path) -> None:
    """From a store with a private key and nothing that it trusts nothing is taken, unless its fingerprint says what."""
    wide = stores.certificates()["wide"]
    key_store(here / "keys.p12", raw.cert_bag(stores.certificates()["hostile"]))
    data = (here / "keys.p12").read_bytes() if target == "-" else None
    refused = run("store", "new", "a.p12", target, stdin=data)
    said = " ".join(refused.err.split())
    assert (refused.code, "only those of its private keys" in said, (here / "a.p12").exists()) == (1, True, False)
    assert "--accept-fingerprint" in refused.err
    done = run("store", "new", "a.p12", target, "--accept-fingerprint", wide.sha256.hex(), stdin=data)
    assert (done.code, opened(here / "a.p12").trusted) == (0, (wide,))


def test_part_of_a_key_store_is_chosen(here: Path) -> None:
    """With `--select` the chain of a key store is looked at as any other, and asked about."""
    pki = stores.certificates()
    key_store(here / "keys.p12")
    assert run("store", "new", "a.p12", "./keys.p12", "--select", "leaf", "--at", stores.AT).code == 1
    words = ("--select", "leaf", "--at", stores.AT, "--accept-fingerprint", pki["wide"].sha256.hex())
    assert run("store", "new", "a.p12", "./keys.p12", *words).code == 0
    assert opened(here / "a.p12").trusted == (pki["wide"],)


def test_what_a_key_store_trusts_is_taken(here: Path) -> None:
    """Of a store with a private key the trusted certificates are taken, and what is named by its fingerprint."""
    pki = stores.certificates()
    key_store(here / "keys.p12", raw.cert_bag(pki["root"], raw.trusted_key_usage()))
    assert run("store", "new", "a.p12", "./keys.p12").code == 0
    assert opened(here / "a.p12").trusted == (pki["root"],)
    assert run("store", "add", "a.p12", "./keys.p12", "--accept-fingerprint", pki["intermediate"].sha256.hex()).code == 0
    assert opened(here / "a.p12").trusted == (pki["root"], pki["intermediate"])


def test_pem_beside_a_key_is_taken(here: Path) -> None:
    """PEM says of no certificate whose it is: who names a file of a key and certificates names all of them."""
    key = raw.armored(b"sealed", "ENCRYPTED PRIVATE KEY")
    (here / "key.pem").write_bytes(key + (here / "two.pem").read_bytes())
    assert run("store", "new", "a.p12", "./key.pem").code == 0
    assert opened(here / "a.p12").trusted == two()


@pytest.mark.parametrize("command", [("new", "a.p12"), ("add", "b.p12")])
def test_what_a_file_rejects_is_refused_by_name(command: tuple[str, str], here: Path) -> None:
    """A certificate that its own file rejects for servers is refused and nothing is written, unless a person vouches for it."""
    assert run("store", "new", "b.p12", "./one.pem").code == 0
    target = here / command[1]
    before = target.read_bytes() if target.exists() else None
    root = stores.certificates()["root"]
    aux = writer.sequence(writer.explicit(0, writer.oid("1.3.6.1.5.5.7.3.1")))
    (here / "trusted.pem").write_bytes(raw.armored(root.der + aux, "TRUSTED CERTIFICATE") + (here / "two.pem").read_bytes())
    refused = run("store", *command, "./trusted.pem")
    assert (refused.code, root.sha256.hex()[:8] in refused.err.replace(":", "").lower()) == (1, True)
    assert (target.read_bytes() if target.exists() else None) == before
    assert "rejected" in run("store", "list", "./trusted.pem").out
    vouched = run("store", *command, "./trusted.pem", "--accept-fingerprint", root.sha256.hex())
    assert vouched.code == 0
    assert root in opened(target).trusted
