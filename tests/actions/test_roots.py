import base64
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption
from cryptography.hazmat.primitives.serialization.pkcs12 import PKCS12Certificate, serialize_java_truststore
from cryptography.x509 import load_der_x509_certificate

from anchorkeep import formats
from anchorkeep.actions import roots
from anchorkeep.actions.roots import Places
from anchorkeep.errors import FileError, RefusedError, StoreFormatError, StoreIntegrityError
from anchorkeep.host import file, jre
from anchorkeep.host import roots as host_roots
from anchorkeep.model.pool import SourceKind
from anchorkeep.tlv import writer
from tests.conftest import require_tool
from tests.data import stores
from tests.peers.reports import pki

NOWHERE = Places(mozilla=False, java=False, system=False)


def places(**changes: object) -> Places:
    """Return places of which only those named are looked into."""
    return Places(**{"mozilla": False, "java": False, "system": False, **changes})


def store(password: str) -> bytes:
    """Return a Java trust store that holds the steady root, written by another library."""
    entry = PKCS12Certificate(load_der_x509_certificate(pki().root.der), b"steady")
    return serialize_java_truststore([entry], BestAvailableEncryption(password.encode()))


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """Return a bundle that holds the steady root."""
    path = tmp_path / "bundle.pem"
    path.write_bytes(formats.dumps([pki().root], format="pem"))
    return path


@pytest.fixture
def system(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Return where the system's bundles are looked for, empty."""
    candidates: list[Path] = []
    monkeypatch.setattr(host_roots.system_bundles, "__defaults__", (candidates,))
    return candidates


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the one directory in which runtimes are looked for, empty."""
    directory = tmp_path / "jvm"
    directory.mkdir()
    monkeypatch.setattr(jre.find, "__defaults__", ((directory,),))
    return directory


def jks(password: str) -> bytes:
    """Return a JKS store that holds the steady root: readable by all, its digest made with the password."""
    return stores.jks(stores.jks_trusted("steady", pki().root), password=password)


def runtime(home: Path, data: bytes) -> Path:
    """Make a Java runtime with that trust store."""
    cacerts = home / "lib" / "security" / "cacerts"
    cacerts.parent.mkdir(parents=True)
    cacerts.write_bytes(data)
    return cacerts


def test_nowhere_holds_nothing() -> None:
    """Where nothing is to be looked into, nothing is found, and nothing is missed."""
    gathered = roots.gather(NOWHERE)
    assert (gathered.pool.entries, gathered.notes, gathered.list_version, gathered.list_date) == ((), (), None, None)


def test_mozillas_list_makes_public() -> None:
    """Every root of certifi's list is in the pool, is public and says the list's version."""
    gathered = roots.gather(places(mozilla=True))
    listed = host_roots.mozilla()
    assert isinstance(listed, host_roots.RootList)
    assert len(gathered.pool.certificates) == listed.data.count(b"-----BEGIN CERTIFICATE-----")
    assert all(map(gathered.pool.is_public, gathered.pool.certificates))
    assert (gathered.list_version, gathered.list_date) == (listed.version, listed.dated)
    assert listed.version in gathered.pool.entries[0][1].name


def test_changed_list_is_a_note(monkeypatch: pytest.MonkeyPatch, bundle: Path) -> None:
    """A list that certifi's wheel did not bring makes no root public, and that is said."""
    monkeypatch.setattr("certifi.where", lambda: str(bundle))
    gathered = roots.gather(places(mozilla=True))
    assert not gathered.pool.entries
    assert gathered.list_version is None
    assert "no root counts as public" in gathered.notes[0]


def test_file_is_a_source(bundle: Path) -> None:
    """A file that a person named is in the pool under its path, and makes no root public."""
    pool = roots.gather(places(files=(bundle,))).pool
    (source,) = pool.sources(pki().root)
    assert (source.kind, source.name) == (SourceKind.FILE, str(bundle))
    assert not pool.is_public(pki().root)


def test_missing_file_is_an_error(tmp_path: Path) -> None:
    """A file that a person named and that is not there ends the command: leaving it out would change the answer."""
    with pytest.raises(FileError, match="no such file"):
        roots.gather(places(files=(tmp_path / "missing.pem",)))


def test_broken_file_is_an_error(tmp_path: Path) -> None:
    """A file that a person named and that is no certificate file ends the command."""
    path = tmp_path / "broken.pem"
    path.write_bytes(b"-----BEGIN CERTIFICATE-----\n????\n-----END CERTIFICATE-----\n")
    with pytest.raises(StoreFormatError, match=r"broken\.pem"):
        roots.gather(places(files=(path,)))


def test_system_bundle_is_a_source(system: list[Path], bundle: Path) -> None:
    """The system's bundle is in the pool and makes no root public."""
    system.append(bundle)
    pool = roots.gather(places(system=True)).pool
    assert [source.kind for source in pool.sources(pki().root)] == [SourceKind.SYSTEM]
    assert not pool.is_public(pki().root)


def test_broken_system_bundle_is_a_note(system: list[Path], bundle: Path, tmp_path: Path) -> None:
    """A broken bundle of the system is left out and said; what else there is, is used."""
    broken = tmp_path / "broken.crt"
    broken.write_bytes(b"\0\0\0\0")
    system += [broken, bundle]
    gathered = roots.gather(places(system=True))
    assert gathered.pool.certificates == (pki().root,)
    (note,) = gathered.notes
    assert str(broken) in note
    assert "left out" in note


def test_huge_system_bundle_is_a_note(system: list[Path], tmp_path: Path) -> None:
    """A bundle larger than what is read is left out and said."""
    huge = tmp_path / "huge.crt"
    with huge.open("wb") as stream:
        stream.truncate(file.MAX + 1)
    system.append(huge)
    gathered = roots.gather(places(system=True))
    assert (len(gathered.notes), gathered.pool.entries) == (1, ())


def test_missing_system_bundle_is_nothing(system: list[Path], tmp_path: Path) -> None:
    """A system without a bundle is no reason to complain."""
    system.append(tmp_path / "missing.crt")
    assert roots.gather(places(system=True)).notes == ()


def test_system_is_left_alone(system: list[Path], bundle: Path) -> None:
    """What is switched off is not looked into."""
    system.append(bundle)
    assert roots.gather(NOWHERE).pool.entries == ()


def test_javas_cacerts_are_a_source(machine: Path) -> None:
    """The trust store of a Java runtime is opened with its usual password and makes no root public."""
    cacerts = runtime(machine / "java-25", store("changeit"))
    pool = roots.gather(places(java=True)).pool
    (source,) = pool.sources(pki().root)
    assert (source.kind, source.name) == (SourceKind.JAVA, f"Java's cacerts ({cacerts})")
    assert not pool.is_public(pki().root)


def test_java_home_is_looked_into(machine: Path, tmp_path: Path) -> None:
    """A runtime that only JAVA_HOME names is found."""
    runtime(tmp_path / "elsewhere", store("changeit"))
    assert list(machine.iterdir()) == []
    gathered = roots.gather(places(java=True, java_home=tmp_path / "elsewhere"))
    assert gathered.pool.certificates == (pki().root,)


def test_locked_cacerts_are_a_note(machine: Path) -> None:
    """A runtime whose store has a password of its own is left out and said."""
    runtime(machine / "java-25", store("s3cret!"))
    gathered = roots.gather(places(java=True))
    assert gathered.pool.entries == ()
    assert "java-25" in gathered.notes[0]


def test_store_is_read_once(machine: Path, system: list[Path], bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that the system and several runtimes share is read once."""
    for name in ("java-17", "java-25"):
        runtime(machine / name, b"").unlink()
        (machine / name / "lib" / "security" / "cacerts").symlink_to(bundle)
    system.append(bundle)
    reads: list[Path] = []
    read = file.read
    monkeypatch.setattr(file, "read", lambda path, **rest: reads.append(path) or read(path, **rest))
    gathered = roots.gather(places(system=True, java=True))
    assert [path for path in reads if path.name != "release"] == [bundle]
    assert len(gathered.pool.entries) == 1


def test_sources_of_one_certificate_are_all_kept(system: list[Path], bundle: Path, tmp_path: Path) -> None:
    """A root that several places hold names each of them."""
    copy = shutil.copy(bundle, tmp_path / "copy.pem")
    system.append(bundle)
    pool = roots.gather(places(system=True, files=(Path(copy),))).pool
    assert [source.kind for source in pool.sources(pki().root)] == [SourceKind.FILE, SourceKind.SYSTEM]


def test_usual_password_is_tried() -> None:
    """A store with Java's usual password opens without one being given."""
    assert roots.open_store(store("changeit"), name="store").certificates == (pki().root,)


@pytest.mark.interop
def test_empty_password_is_tried(bundle: Path) -> None:
    """A store that was encrypted with the empty password opens without one being given."""
    command = [require_tool("openssl"), "pkcs12", "-export", "-nokeys", "-in", bundle, "-passout", "pass:"]
    data = subprocess.run(command, check=True, capture_output=True).stdout
    assert roots.open_store(data, name="store").certificates == (pki().root,)


def test_tried_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a password `changeit`, the empty one and none are tried, in this order, and nothing else."""
    tried: list[str | None] = []
    loads = formats.loads

    def note(data: bytes, *, password: str | None = None, **more: Any) -> object:
        tried.append(password)
        return loads(data, password=password, **more)

    monkeypatch.setattr(formats, "loads", note)
    with pytest.raises(StoreIntegrityError):
        roots.open_store(store("s3cret!"), name="store")
    assert tried == ["changeit", "", None]


def test_what_is_too_costly_to_guess_is_not_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that would cost more than all guesses may is one whose password is not known, not a broken one."""
    data = stores.pfx(stores.encrypted_part(stores.cert_bag(pki().root)))
    assert roots.open_store(data, name="store").certificates == (pki().root,)
    monkeypatch.setattr(formats.limits, "MAX_GUESSED_ITERATIONS", 1)
    with pytest.raises(StoreIntegrityError, match="a password is needed"):
        roots.open_store(data, name="store")


def test_password_given_is_the_only_one_tried() -> None:
    """A password that a person gave is not replaced by a guess."""
    with pytest.raises(StoreIntegrityError):
        roots.open_store(store("changeit"), name="store", password="another")
    assert roots.open_store(store("another"), name="store", password="another").certificates == (pki().root,)


def test_what_is_no_store_is_refused() -> None:
    """Data that are no store are refused at once."""
    with pytest.raises(StoreFormatError):
        roots.open_store(base64.b64encode(b"nothing of the kind"), name="store")


def test_lists_in_a_named_store_are_said(tmp_path: Path) -> None:
    """A revocation list in a file that a person named is said, and its certificates are known."""
    path = tmp_path / "mixed.sst"
    path.write_bytes(stores.sst(stores.sst_element(32, pki().root.der), stores.sst_element(33, b"")))
    gathered = roots.gather(places(files=(path,)))
    assert list(gathered.pool.certificates) == [pki().root]
    assert gathered.notes == (f"{path} holds 1 certificate revocation list too; that is left alone.",)


@pytest.mark.parametrize("password", ["changeit", ""])
def test_checked_store_vouches(password: str, tmp_path: Path) -> None:
    """A store that a person named and whose integrity is checked is a source, and there is nothing to say of it."""
    path = tmp_path / "store.jks"
    path.write_bytes(jks(password))
    gathered = roots.gather(places(files=(path,)))
    assert (gathered.pool.certificates, gathered.notes) == ((pki().root,), ())


def test_unchecked_store_does_not_vouch(tmp_path: Path) -> None:
    """A store that a person named, of an unknown password, ends the command, and the way out is named."""
    path = tmp_path / "store.jks"
    path.write_bytes(jks("s3cret!"))
    with pytest.raises(StoreIntegrityError, match=r"store\.jks vouches for roots, and its integrity cannot be checked") as caught:
        roots.gather(places(files=(path,)))
    assert f"anchorkeep export {path} --storepass-file" in caught.value.remedy


def test_changed_store_does_not_vouch(tmp_path: Path) -> None:
    """A store that a person named and that was changed after it was written ends the command."""
    path = tmp_path / "store.jks"
    data = bytearray(jks("changeit"))
    data[-21] ^= 1  # the last byte of the certificate
    path.write_bytes(data)
    with pytest.raises(StoreIntegrityError, match="the file was changed"):
        roots.gather(places(files=(path,)))


def test_unchecked_cacerts_are_used_and_said(machine: Path) -> None:
    """The store of a runtime names places though its integrity is not checked, and that is said."""
    cacerts = runtime(machine / "java-25", jks("s3cret!"))
    gathered = roots.gather(places(java=True))
    assert gathered.pool.certificates == (pki().root,)
    expected = f"Java's cacerts ({cacerts}): integrity not checked: password unknown or the file was changed."
    assert gathered.notes == (expected,)


def test_checked_cacerts_are_not_spoken_of(machine: Path) -> None:
    """The store of a runtime with the usual password is read without a word."""
    runtime(machine / "java-25", jks("changeit"))
    assert roots.gather(places(java=True)).notes == ()


def test_file_that_others_may_write_is_refused(bundle: Path) -> None:
    """A file that a person named and that others may write ends the command: it vouches for roots."""
    bundle.chmod(0o664)
    with pytest.raises(RefusedError, match=r"bundle\.pem may be written by others"):
        roots.gather(places(files=(bundle,)))


def test_system_bundle_that_others_may_write_is_read(system: list[Path], bundle: Path) -> None:
    """A place of this machine only names places, so its permissions are its owner's affair."""
    bundle.chmod(0o664)
    system.append(bundle)
    assert roots.gather(places(system=True)).pool.certificates == (pki().root,)


@pytest.mark.parametrize("is_rejected", [True, False])
def test_what_a_file_rejects_is_left_out(is_rejected: bool, tmp_path: Path, system: list[Path]) -> None:  # noqa: FBT001
    """A root that its file rejects for servers is in no pool, of a person or of this machine, and is named; another is."""
    purpose = writer.oid("1.3.6.1.5.5.7.3.1" if is_rejected else "1.3.6.1.5.5.7.3.4")
    aux = writer.sequence(writer.explicit(0, purpose))
    (tmp_path / "trusted.pem").write_bytes(stores.armored(pki().root.der + aux, "TRUSTED CERTIFICATE"))
    system.append(tmp_path / "trusted.pem")
    for asked in (places(files=(tmp_path / "trusted.pem",)), places(system=True)):
        gathered = roots.gather(asked)
        assert bool(gathered.pool.entries) is not is_rejected
        assert any("for TLS servers; left out" in note for note in gathered.notes) is is_rejected
