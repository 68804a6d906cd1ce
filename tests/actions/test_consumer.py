from pathlib import Path

import pytest

from anchorkeep.actions import consumer
from anchorkeep.actions.consumer import Settings


def told(path: Path, format_name: str, password: str | None = "changeit", *, has_default_roots: bool = False) -> Settings:
    """Return what a program is told of a store."""
    return consumer.settings(path, format=format_name, password=password, has_default_roots=has_default_roots)


@pytest.mark.parametrize(
    ("format_name", "type_", "has_password"),
    [("pkcs12", "PKCS12", True), ("jks", "JKS", False), ("jceks", "JCEKS", False), ("bks", "BKS", True)],
)
def test_java_is_told_place_type_and_the_known_password(format_name: str, type_: str, has_password: bool) -> None:  # noqa: FBT001
    """Java is told where the store is, its type, and the password that everybody knows, where it needs one to read."""
    options = told(Path("/a/b c"), format_name).options
    start = ["-Djavax.net.ssl.trustStore='/a/b c'", f"-Djavax.net.ssl.trustStoreType={type_}"]
    assert list(options[:2]) == start
    assert list(options[2:]) == (["-Djavax.net.ssl.trustStorePassword=changeit"] if has_password else [])


def test_own_password_is_left_out() -> None:
    """A password of the store's own is in no option and no note; how to give it is."""
    found = told(Path("/a"), "pkcs12", "s3cret")
    assert "s3cret" not in repr(found)
    assert any("@FILE" in note for note in found.notes)
    assert len(told(Path("/a"), "pkcs12", None).options) == 2


def test_replaced_roots_are_said() -> None:
    """That the store takes the place of the default roots is said, whether they were merged in or not."""
    assert "--with-default-roots" in told(Path("/a"), "jks").notes[0]
    assert "follow no update" in told(Path("/a"), "jks", has_default_roots=True).notes[0]


@pytest.mark.parametrize(("format_name", "note"), [("pem", "SSL_CERT_FILE=/a"), ("pkcs7", "convert"), ("sst", "convert")])
def test_java_is_told_nothing_of_what_it_does_not_read(format_name: str, note: str) -> None:
    """A format that is no trust store of Java's gets no options, and a word on who reads it."""
    found = told(Path("/a"), format_name)
    assert (found.options, note in found.notes[0]) == ((), True)
