import json
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

from anchorkeep import errors, formats
from anchorkeep.actions.proof_failure import UnprovedError
from anchorkeep.cli import main as door
from anchorkeep.cli import show
from anchorkeep.observe.starttls.dialogue import StartTLSError
from tests.peers import reports
from tests.peers.command import run

COMMANDS = ["show", "export", "diff", "trust", "check", "apply", "store", "keytool", "init", "lab", "completion"]
HEAVY = ["asyncio", "cryptography", "idna", "OpenSSL", "prompt_toolkit", "questionary", "rich", "ssl", "tomlkit"]


def process(*argv: str, **options: object) -> subprocess.CompletedProcess[str]:
    """Run the command line in a process of its own."""
    command = [sys.executable, "-m", "anchorkeep.cli", *argv]
    return subprocess.run(command, check=False, capture_output=True, text=True, **options)


@pytest.fixture
def chain(tmp_path: Path) -> Path:
    """Return a file of a good chain."""
    path = tmp_path / "chain.pem"
    path.write_bytes(formats.dumps(reports.good().sent, format="pem"))
    return path


@pytest.mark.parametrize("option", ["--help", "-h"])
def test_help_names_every_command(option: str) -> None:
    """The help lists every command with its line, and the exit codes."""
    result = run(option)
    assert (result.code, result.err) == (0, "")
    listed = result.out.split("Commands:")[1].split("Exit codes:")
    assert [line.split()[0] for line in listed[0].strip().splitlines()] == COMMANDS
    assert "3 could not tell" in " ".join(listed[1].split())


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command: str) -> None:
    """Each command that the help lists can be loaded and says what it does."""
    result = run(command, "--help")
    assert (result.code, result.err) == (0, "")
    assert result.out.startswith(f"Usage: anchorkeep {command} ")


@pytest.mark.parametrize("argv", [(), ("lab",)])
def test_nothing_asked_says_what_can_be(argv: tuple[str, ...]) -> None:
    """Without a command the help is said on stderr, as it stands, and nothing was done."""
    result = run(*argv)
    assert (result.code, result.out) == (2, "")
    assert result.err == run(*argv, "--help").out


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (("nope",), "No such command 'nope'"),
        (("show", "--nope"), "No such option"),
        (("--nope",), "No such option"),
        (("show", "a.example", "--timeout", "0"), "--timeout"),
        (("show", "a.example", "--timeout", "x"), "--timeout"),
        (("show", "a.example", "--fail-on", "never"), "--fail-on"),
        (("export", "a.example", "--format", "jks"), "--format"),
        (("diff", "a.example"), "Two targets are compared, 1 are named"),
    ],
)
def test_wrong_use_is_said(argv: tuple[str, ...], message: str) -> None:
    """A wrong use is code 2, with the reason on stderr and nothing on stdout."""
    result = run(*argv)
    assert (result.code, result.out) == (2, "")
    assert message in " ".join(result.err.split())


def test_hostile_word_is_said_harmlessly() -> None:
    """A word of the command line that cannot be used is repeated without its control characters."""
    result = run("\x1b[31mnope\x07")
    assert result.code == 2
    assert "\x1b" not in result.err
    assert "\x07" not in result.err


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.UsageError("It is so.", remedy="Do that."), 2),
        (errors.InputError("It is so.", remedy="Do that."), 1),
        (errors.TLVError("It is so.", offset=3, remedy="Do that."), 1),
        (errors.CertificateError("It is so.", remedy="Do that."), 1),
        (errors.StoreFormatError("It is so.", remedy="Do that."), 1),
        (errors.UnsupportedFormatError("It is so.", remedy="Do that."), 1),
        (errors.TooMuchWorkError("It is so.", remedy="Do that."), 1),
        (errors.StoreIntegrityError("It is so.", remedy="Do that."), 1),
        (errors.EvidenceError("It is so.", remedy="Do that."), 1),
        (errors.UnsupportedEntryError("It is so.", remedy="Do that."), 1),
        (errors.RefusedError("It is so.", remedy="Do that."), 1),
        (errors.FileError("It is so.", remedy="Do that."), 3),
        (StartTLSError("starttls-refused", "It is so.", remedy="Do that."), 1),
        (errors.AnchorkeepError("It is so.", remedy="Do that."), 1),
    ],
    ids=lambda value: type(value).__name__,
)
def test_error_is_said_with_its_remedy(error: errors.AnchorkeepError, code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every error of ours ends a command with its code, its message and its remedy, and with no traceback."""
    _command(monkeypatch, error)
    result = run("show")
    assert (result.code, result.out) == (code, "")
    assert result.err == f"✗ {error.message}\n  → Do that.\n"


def test_every_error_is_among_those_tested() -> None:
    """No error was added without a decision on its code."""
    assert {item.__name__ for item in _kinds(errors.AnchorkeepError)} == {
        *("AnchorkeepError", "UsageError", "InputError", "TLVError", "CertificateError", "StoreFormatError"),
        *("UnsupportedFormatError", "StoreIntegrityError", "EvidenceError", "UnsupportedEntryError", "RefusedError"),
        *("FileError", "StartTLSError", "TooMuchWorkError", UnprovedError.__name__),
    }


@pytest.mark.parametrize("error", [KeyboardInterrupt(), click.Abort()], ids=["signal", "abort"])
def test_interruption_is_130(error: BaseException, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C ends a command with 130 and without a traceback."""
    _command(monkeypatch, error)
    result = run("show")
    assert (result.code, result.out, result.err.strip()) == (130, "", "")


@pytest.mark.parametrize("error", [BrokenPipeError(32, "Broken pipe"), BrokenPipeError()])
def test_reader_that_has_gone_is_no_error(error: BaseException, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader who has seen enough is no reason to complain."""
    _command(monkeypatch, error)
    result = run("show")
    assert (result.code, result.out, result.err) == (0, "", "")


@pytest.mark.parametrize(
    "argv",
    [
        ("--help",),
        ("show", "--details", "./chain.pem"),
        ("show", "--json", "./chain.pem"),
        ("export", "--select", "sent", "--out", "-", "./chain.pem"),
    ],
)
def test_closed_pipe_is_silent(argv: tuple[str, ...], chain: Path) -> None:
    """A pipe that nobody reads ends a command quietly, whatever it prints and however much."""
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "anchorkeep.cli", *argv]
    with os.fdopen(writer, "wb") as out:
        result = subprocess.run(command, check=False, stdout=out, stderr=subprocess.PIPE, text=True, cwd=chain.parent)
    assert "Traceback" not in result.stderr
    assert "Exception ignored" not in result.stderr
    assert "BrokenPipe" not in result.stderr
    assert result.returncode == 0


@pytest.mark.parametrize(("returned", "code"), [(0, 0), (3, 3), (None, 0), ("text", 0)])
def test_code_is_what_the_command_returns(returned: object, code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The number that a command returns is the exit code; a command that returns none was fine."""
    monkeypatch.setattr(show, "command", click.Command("show", callback=lambda: returned))
    assert run("show").code == code


def test_module_runs_as_the_command(tmp_path: Path) -> None:
    """`python -m anchorkeep.cli` ends with the exit code of the command."""
    result = process("show", "./missing.pem", cwd=tmp_path)
    assert (result.returncode, result.stdout) == (3, "")
    assert "missing.pem" in result.stderr


def loaded(argv: list[str]) -> set[str]:
    """Return the packages that a process has loaded when a command has ended."""
    code = (
        "import json, sys\nfrom anchorkeep.cli.main import main\n"
        f"code = main({argv!r})\nprint(json.dumps([code, *sys.modules]), file=sys.stderr)"
    )
    result = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    ended, *modules = json.loads(result.stderr.splitlines()[-1])
    assert ended == 0
    return {name.partition(".")[0] for name in modules}


def test_door_opens_fast() -> None:
    """Help loads nothing heavy: neither cryptography, nor OpenSSL, nor a terminal library, nor an event loop."""
    assert not loaded(["--help"]).intersection(HEAVY)


def test_heavy_packages_are_noticed() -> None:
    """What a command does need is seen among the packages loaded."""
    assert {"OpenSSL", "cryptography", "rich"} <= loaded(["--version"])


def test_versions_are_said() -> None:
    """`--version` names this program, the libraries that decide what it sees, and the day of the list of roots."""
    result = run("--version")
    assert result.code == 0
    assert [line.split()[0] for line in result.out.splitlines()] == [
        "anchorkeep",
        "OpenSSL",
        "pyOpenSSL",
        "cryptography",
        "certifi",
    ]
    assert "root list of 20" in result.out


def test_unknown_command_is_none() -> None:
    """What is no command is not looked for among the modules."""
    assert door.program.get_command(click.Context(door.program), "settings") is None


def _command(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    """Let `show` do nothing but raise."""

    def fail() -> None:
        raise error

    monkeypatch.setattr(show, "command", click.Command("show", callback=fail))


def _kinds(kind: type[Exception]) -> set[type[Exception]]:
    return {kind}.union(*map(_kinds, kind.__subclasses__()))


@pytest.mark.parametrize("words", [("--help",), ("--version",), ("init", "--dry-run")])
def test_full_disk_is_told(words: tuple[str, ...]) -> None:
    """Where the result cannot be written, a line says so and the exit code is 3: no traceback."""
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run([sys.executable, "-m", "anchorkeep.cli", *words], stdout=full, stderr=subprocess.PIPE, check=False)
    assert (done.returncode, b"cannot be written" in done.stderr, b"Traceback" in done.stderr) == (3, True, False)


def test_screen_without_unicode_gets_escapes() -> None:
    """What a screen's encoding cannot say is written as an escape: no traceback."""
    command = [sys.executable, "-m", "anchorkeep.cli", "show", "--", "./no-such-file-ü"]
    done = subprocess.run(command, env={**os.environ, "PYTHONIOENCODING": "ascii"}, capture_output=True, check=False)
    assert (done.returncode, b"Traceback" in done.stderr, done.stderr.isascii()) == (3, False, True)


def test_nan_is_no_timeout() -> None:
    """A timeout that is no number is a usage error."""
    assert run("show", "host", "--timeout", "nan").code == 2
