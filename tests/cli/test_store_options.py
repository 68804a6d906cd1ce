from pathlib import Path

import click
import pytest

from anchorkeep.cli import store_options
from anchorkeep.cli.main import program
from anchorkeep.errors import UsageError
from anchorkeep.model import java


@pytest.mark.parametrize(
    ("name", "storetype", "expected"),
    [
        ("a.p12", None, "pkcs12"),
        ("a.jks", None, "jks"),
        ("a.JKS", None, "jks"),
        ("cacerts", None, "pkcs12"),
        ("a.keystore", None, "pkcs12"),
        ("a.crt", None, "pem"),
        ("a.p12", "bks", "bks"),
        ("a.der", "jks", "jks"),
    ],
)
def test_format_is_that_of_the_suffix(name: str, storetype: str | None, expected: str) -> None:
    """What was asked for counts, then what the suffix promises, then PKCS#12."""
    assert store_options.format_of(Path(name), storetype) == expected


def test_suffix_of_a_single_certificate_is_refused() -> None:
    """A file that promises one certificate is no store."""
    with pytest.raises(UsageError, match="holds one certificate"):
        store_options.format_of(Path("a.der"), None)


def test_runtime_is_named() -> None:
    """`--for` names a runtime; without it there is none."""
    assert store_options.runtime("java17") == java.every(17)
    assert store_options.runtime(None) is None


@pytest.mark.parametrize("text", ["java7", "17", "jre:/nowhere", "", "\x1b[2J"])
def test_unknown_runtime_is_refused(text: str) -> None:
    """What is no runtime is a usage error, safe to print."""
    with pytest.raises(UsageError) as caught:
        store_options.runtime(text)
    assert caught.value.message.isprintable()


def words(*argv: str) -> tuple[str, ...]:
    """Return what the history would say of a command."""
    whole = click.Context(program, info_name="anchorkeep")
    group = program.get_command(whole, "store")
    assert isinstance(group, click.Group)
    parent = click.Context(group, info_name="store", parent=whole)
    command = group.get_command(parent, argv[0])
    assert command is not None
    with command.make_context(argv[0], list(argv[1:]), parent=parent):
        return store_options.terms(dry_run=False).command


def test_history_gets_the_words_of_the_command() -> None:
    """What was asked for is kept as it was typed: command, paths, options."""
    asked = ("add", "store.p12", "a.pem", "--select", "root", "--alias", "mine")
    assert words(*asked) == ("store", "add", "store.p12", "a.pem", "--select", "root", "--alias", "mine")


def test_history_gets_no_secret() -> None:
    """A proxy's address may hold a password, and is not kept."""
    assert not [word for word in words("add", "store.p12", "a.pem", "--proxy", "http://user:secret@proxy") if "secret" in word]
