import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from anchorkeep.cli import options
from anchorkeep.errors import FileError, UsageError


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2027-03-15", datetime(2027, 3, 15, tzinfo=UTC)),
        ("2027-03-15T12:00", datetime(2027, 3, 15, 12, tzinfo=UTC)),
        ("2027-03-15T12:00:30Z", datetime(2027, 3, 15, 12, 0, 30, tzinfo=UTC)),
        ("2027-03-15T12:00+02:00", datetime(2027, 3, 15, 10, tzinfo=UTC)),
    ],
)
def test_moment_is_in_utc(text: str, expected: datetime) -> None:
    """A date is that of UTC unless it says otherwise, and is always aware."""
    assert options.moment(text) == expected
    assert options.moment(text).tzinfo is UTC


def test_moment_that_is_not_given_is_none() -> None:
    """Without `--at` nobody has decided."""
    assert options.moment(None) is None


def test_now_is_now() -> None:
    """`--at now` is the moment of the command."""
    before = options.now()
    assert before <= options.moment("now") <= options.now()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "tomorrow",
        "15.03.2027",
        "2027-02-30",
        "2027-03-15T25:00",
        "0001-01-01T00:00+14:00",
        "9999-12-31T23:59-14:00",
        "\x1b[2J",
    ],
)
def test_what_is_no_moment_is_refused(text: str) -> None:
    """What is no date is a usage error that says how to write one."""
    with pytest.raises(UsageError, match="is no date") as caught:
        options.moment(text)
    assert "2027-03-15" in caught.value.remedy
    assert caught.value.message.isprintable()


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"s3cret\n", "s3cret"),
        (b"s3cret", "s3cret"),
        (b"s3cret\r\nmore\n", "s3cret"),
        (b" s p \n", " s p "),
        (b"", ""),
        (b"\xc3\xa4", "ä"),
    ],
)
def test_password_is_the_first_line_of_its_file(data: bytes, expected: str, tmp_path: Path) -> None:
    """A password is the first line as it stands, without the line's end."""
    path = tmp_path / "password"
    path.write_bytes(data)
    assert options.password(path, None) == expected


def test_password_is_that_of_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    """A password may come from the environment, and may be empty."""
    monkeypatch.setenv("STOREPASS", "s3cret")
    assert options.password(None, "STOREPASS") == "s3cret"
    monkeypatch.setenv("STOREPASS", "")
    assert options.password(None, "STOREPASS") == ""


@pytest.mark.parametrize("data", [b"\xff", b"caf\xe9\n", b"\xed\xa0\x80"])
def test_password_that_is_no_text_is_refused(data: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A password in another encoding is refused: whatever was made of it would be a password that nobody knows."""
    (tmp_path / "password").write_bytes(data)
    monkeypatch.setenv("STOREPASS", os.fsdecode(data.rstrip()))
    for file_, variable in ((tmp_path / "password", None), (None, "STOREPASS")):
        with pytest.raises(UsageError, match="is no UTF-8"):
            options.password(file_, variable)


def test_no_password_is_none() -> None:
    """Where no password is given, none is."""
    assert options.password(None, None) is None


def test_two_passwords_are_refused(tmp_path: Path) -> None:
    """Nobody could know which of two passwords is meant."""
    with pytest.raises(UsageError, match="exclude each other") as caught:
        options.password(tmp_path / "password", "STOREPASS")
    assert "leave the other out" in caught.value.remedy


def test_missing_variable_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable that is not set is an error, not an empty password."""
    monkeypatch.delenv("STOREPASS", raising=False)
    with pytest.raises(UsageError, match="no variable 'STOREPASS', which --keypass-env names") as caught:
        options.password(None, "STOREPASS", option="keypass")
    assert "Export the variable" in caught.value.remedy


def test_missing_password_file_is_an_error(tmp_path: Path) -> None:
    """A password file that is not there is an error."""
    with pytest.raises(FileError):
        options.password(tmp_path / "missing", None)


def test_huge_password_file_is_refused(tmp_path: Path) -> None:
    """A file of many kilobytes is no password, and is most likely the store itself."""
    path = tmp_path / "password"
    path.write_bytes(b"a" * 5000)
    with pytest.raises(FileError):
        options.password(path, None)


def test_password_may_come_through_a_pipe(tmp_path: Path) -> None:
    """A secret need not be on a disk: the first line of a pipe is a password too, by whatever name."""
    for content in (b"s3cret\nmore", b"s3cret"):
        reading, writing = os.pipe()
        os.write(writing, content)
        os.close(writing)
        assert options.password(Path(f"/dev/fd/{reading}"), None) == "s3cret"
        os.close(reading)
    os.mkfifo(tmp_path / "pipe")
    with subprocess.Popen(["/bin/sh", "-c", 'echo s3cret > "$0"', str(tmp_path / "pipe")]):
        assert options.password(tmp_path / "pipe", None) == "s3cret"


def test_what_is_no_password_is_told_as_such(tmp_path: Path) -> None:
    """What is too long, in a file or a pipe, and what is neither, is refused with what to name instead."""
    (tmp_path / "long").write_bytes(bytes(5000))
    reading, writing = os.pipe()
    os.write(writing, bytes(5000))
    os.close(writing)
    for path in (tmp_path / "long", Path(f"/dev/fd/{reading}")):
        with pytest.raises(FileError, match="no password") as caught:
            options.password(path, None)
        assert "first line is the password" in caught.value.remedy
    os.close(reading)
    for path in (tmp_path, Path("/dev/null")):
        with pytest.raises(FileError, match="expected a regular file"):
            options.password(path, None)


def test_mark_of_windows_editors_is_no_part_of_a_password(tmp_path: Path) -> None:
    """The mark that UTF-8 begins with in files of Windows is left out; within the password it stays."""
    (tmp_path / "marked").write_bytes("\ufeffs3\ufeffcret\r\n".encode())
    assert options.password(tmp_path / "marked", None) == "s3\ufeffcret"
