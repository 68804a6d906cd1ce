"""`show --from` and `--jsonl`: lists of services as a person or a program writes them, told as they are finished."""

import json
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from anchorkeep import formats, lab
from anchorkeep.actions.nodes import Wanted
from anchorkeep.cli import bulk
from anchorkeep.cli.outcome import Exit
from anchorkeep.host import descriptors
from tests.data import stores
from tests.peers import reports, schemas
from tests.peers.command import Result, run
from tests.peers.sockets import is_silent, peer
from tests.peers.terminal import terminal

PROGRAM = Path(sys.executable).with_name("anchorkeep")


@pytest.fixture
def here(cloud: lab.Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a directory the current one whose settings know the lab's root and no other."""
    (tmp_path / "root.pem").write_bytes(formats.dumps(cloud.roots, format="pem"))
    settings = tmp_path / "anchorkeep.toml"
    settings.write_text('[pools]\njava = false\nsystem = false\nmozilla = false\nfiles = ["root.pem"]\n')
    settings.chmod(0o600)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def portal(cloud: lab.Cloud) -> tuple[str, str]:
    """Return the name of UAT's portal and where it listens."""
    endpoint = cloud.endpoints("uat")[0]
    return endpoint.host, str(endpoint.target)


def streamed(cloud: lab.Cloud, listed: str | bytes, *words: object) -> Result:
    """Run `show --from - --jsonl` with a list whose services are all at UAT's address."""
    data = listed.encode() if isinstance(listed, str) else listed
    return run("show", "--from", "-", "--jsonl", "--connect", portal(cloud)[1], *words, stdin=data)


def records(result: Result) -> list[dict[str, Any]]:
    """Return the lines of JSON."""
    return [json.loads(line) for line in result.out.splitlines()]


def hosts(result: Result) -> list[str]:
    """Return the names of the services that were told, sorted."""
    return sorted(item["observations"][0]["endpoint"]["host"] for item in records(result) if "observations" in item)


@pytest.mark.usefixtures("here")
def test_three_hundred_services_are_three_hundred_lines(cloud: lab.Cloud) -> None:
    """Every service of a list is one line of JSON with its own name."""
    names = [f"service-{number}.test" for number in range(300)]
    result = streamed(cloud, "\n".join(names), "--fail-on", "error")
    assert hosts(result) == sorted(names)
    assert all(len(item["observations"]) == 1 for item in records(result))


@pytest.mark.usefixtures("here")
def test_list_is_read_as_people_write_it(cloud: lab.Cloud) -> None:
    """Comments, blanks, empty lines, CRLF, a byte order mark, URLs, ports and a last line without its end are understood."""
    listed = b"\xef\xbb\xbfa.test\r\n# all of it\r\n\r\n  b.test:8443  # ours\n\thttps://c.test:444/path#part\n[2001:db8::1]:9443\nd.test"
    assert hosts(streamed(cloud, listed)) == ["2001:db8::1", "a.test", "b.test", "c.test", "d.test"]


@pytest.mark.usefixtures("here")
def test_duplicates_are_left_out_and_counted(cloud: lab.Cloud) -> None:
    """A service that is listed again, in whatever writing, is told once; with another port it is another."""
    result = streamed(cloud, "a.test\nA.test.\nhttps://a.test/\na.test:443\na.test:444\n")
    assert hosts(result) == ["a.test", "a.test"]
    assert "3 duplicates left out" in " ".join(result.err.split())


@pytest.mark.parametrize(
    ("bad", "word"),
    [
        (b"one two", "more than one service"),
        (b"host:99999", "no valid port"),
        (b"-x", "-x"),
        (b"ftp2://host", "scheme"),
        (b"\xff\xfe", "UTF-8"),
        (b"./file.pem", "file.pem"),
        (b"a" * 5000, "longer than 4,096 bytes"),
        (b"a" * 200_000, "longer than 4,096 bytes"),
        (b"https://user:secret@host/", "user name or a password"),
        (b"\x1b[31mred", "\\x1b"),
    ],
)
@pytest.mark.usefixtures("here")
def test_bad_line_is_a_record_and_the_rest_goes_on(bad: bytes, word: str, cloud: lab.Cloud) -> None:
    """A line that names no service is told with its number and ends with 2; the others are looked at."""
    result = streamed(cloud, b"a.test\n" + bad + b"\nb.test\n")
    (error,) = [item for item in records(result) if item["format"] == "anchorkeep.error"]
    assert (result.code, error["line"], hosts(result)) == (Exit.USAGE, 2, ["a.test", "b.test"])
    assert word in error["message"]
    assert "secret" not in result.out + result.err


@pytest.mark.usefixtures("here")
def test_lines_keep_their_schema(cloud: lab.Cloud) -> None:
    """Chains, failures and lines that cannot be read are as the schema of their version promises."""
    good = streamed(cloud, "a.test\nbad line\n")
    failed = run("show", "--from", "-", "--jsonl", stdin=b"127.0.0.1:1\n")
    for result in (good, failed):
        schemas.validate_lines(result.out)
    assert len(records(good) + records(failed)) == 3


@pytest.mark.usefixtures("here")
def test_schema_refuses_two_observations(cloud: lab.Cloud) -> None:
    """A line with two observations, or of another version, does not pass."""
    (line,) = records(streamed(cloud, "a.test"))
    assert not schemas.validator(schemas.LINE).is_valid(line | {"observations": line["observations"] * 2})
    assert not schemas.validator(schemas.LINE).is_valid(line | {"version": 2})


@pytest.mark.usefixtures("here")
def test_line_is_a_target(cloud: lab.Cloud) -> None:
    """A line is evidence: it can be shown again, with the same findings."""
    name, _ = portal(cloud)
    line = streamed(cloud, name).out
    again = json.loads(run("show", "-", "--json", stdin=line.encode()).out)
    assert again["observations"][0]["findings"] == json.loads(line)["observations"][0]["findings"]
    assert again["observations"][0]["verifies"]


def test_all_lines_are_a_target(cloud: lab.Cloud, here: Path) -> None:
    """The whole file that a stream wrote can be shown, compared and streamed again; bad lines of its list are not forgotten."""
    name, _ = portal(cloud)
    first = streamed(cloud, f"{name}\nbad line\n127.0.0.1:1\n")
    (here / "seen.jsonl").write_bytes(first.raw)
    again = run("show", "./seen.jsonl", "--json")
    told = {item["endpoint"]["host"]: item["verifies"] for item in json.loads(again.out)["observations"]}
    assert told == {name: True, "127.0.0.1": False}
    assert "1 line of the list that it was made from named no service" in " ".join(again.err.split())
    streamed_again = run("show", "./seen.jsonl", "--jsonl")
    assert (hosts(streamed_again), streamed_again.err) == (sorted(told), again.err)
    assert run("diff", "./seen.jsonl", "./seen.jsonl").code == Exit.FINE
    cloud.rotate("root", "uat")
    (here / "later.jsonl").write_bytes(streamed(cloud, f"{name}\n127.0.0.1:1\n").raw)
    assert run("diff", "./seen.jsonl", "./later.jsonl").code == Exit.FINDING


def test_notes_of_files_are_said_in_a_stream_too(here: Path) -> None:
    """What is worth a word about a file is said with `--jsonl` as it is without."""
    (here / "store.jks").write_bytes(stores.jks(stores.jks_trusted("steady", reports.pki().root), password="s3cret!"))
    said = run("show", "./store.jks", "--json").err
    assert "integrity not checked" in " ".join(said.split())
    assert run("show", "./store.jks", "--jsonl").err == said


@pytest.mark.usefixtures("here")
def test_exit_code_is_the_worst_of_all(cloud: lab.Cloud) -> None:
    """All fine is 0, a service that cannot be reached makes it 3, a finding 1, a line that cannot be read 2."""
    name, address = portal(cloud)
    words = ("show", "--from", "-", "--jsonl")
    assert streamed(cloud, name).code == Exit.FINE
    assert run(*words, stdin=b"127.0.0.1:1\n").code == Exit.UNKNOWN
    assert run(*words, stdin=f"127.0.0.1:1\n{address}\n".encode()).code == Exit.FINDING
    assert run(*words, stdin=f"127.0.0.1:1\n{address}\na b\n".encode()).code == Exit.USAGE


def test_list_is_read_from_a_file(cloud: lab.Cloud, here: Path) -> None:
    """A list in a file is the same as one on standard input."""
    name, address = portal(cloud)
    (here / "list").write_text(f"{name}\n")
    result = run("show", "--from", "list", "--jsonl", "--connect", address)
    assert (result.code, hosts(result)) == (Exit.FINE, [name])


@pytest.mark.usefixtures("here")
def test_missing_list_is_told() -> None:
    """A list that is not there, and a directory, end with 3."""
    for name in ("nowhere", "."):
        result = run("show", "--from", name, "--jsonl")
        assert (result.code, "Cannot read" in result.err) == (Exit.UNKNOWN, True)


@pytest.mark.parametrize("listed", [b"", b"# nothing\n\n"])
@pytest.mark.usefixtures("here")
def test_empty_list_is_refused(listed: bytes) -> None:
    """A list without a service is refused: its silence would be taken for health."""
    result = run("show", "--from", "-", stdin=listed)
    assert (result.code, "names no service" in result.err) == (Exit.USAGE, True)


@pytest.mark.parametrize(
    "words",
    [["--from", "-", "host"], ["--from", "-", "--env", "uat"], ["--from", "-", "--json"], ["--jsonl", "--save", "x", "host"]],
)
@pytest.mark.usefixtures("here")
def test_what_does_not_go_together_is_refused(words: list[str]) -> None:
    """A list goes with no other targets, and a stream with no single document."""
    assert run("show", *words, stdin=b"a.test\n").code == Exit.USAGE


@pytest.mark.parametrize("number", ["0", "1001", "x"])
def test_concurrency_has_bounds(number: str) -> None:
    """Fewer than one at a time, more than a thousand, and what is no number are refused."""
    assert run("show", "--from", "-", "--concurrency", number).code == Exit.USAGE


@pytest.mark.usefixtures("here")
def test_screens_stream_too(cloud: lab.Cloud) -> None:
    """Without --jsonl each service is a screen; who sends the same as one before is told in a line; bad lines are on stderr."""
    name, address = portal(cloud)
    listed = f"{name}\nbad line\n{name}:8443\n".encode()
    result = run("show", "--from", "-", "--connect", address, "--concurrency", "1", stdin=listed)
    assert result.out.count("Not checked: revocation") == 2
    assert f"the same certificates as {name}" in result.out
    assert "line 2" in " ".join(result.err.split())
    assert "Looked at 2 services" in " ".join(result.err.split())


@pytest.mark.usefixtures("here")
def test_targets_stream_as_lines_too(cloud: lab.Cloud) -> None:
    """`--jsonl` goes with targets as well: a line each."""
    name, address = portal(cloud)
    assert hosts(run("show", name, "--connect", address, "--jsonl")) == [name]


@pytest.mark.usefixtures("here")
def test_stage_timeout_is_kept() -> None:
    """`--stage-timeout` ends a handshake that hangs, whatever the total allows."""
    with peer(is_silent) as port:
        words = ("--stage-timeout", "0.2", "--timeout", "600")
        (line,) = records(run("show", "--from", "-", "--jsonl", *words, stdin=f"127.0.0.1:{port}\n".encode()))
    assert line["observations"][0]["failure"]["reason"] == "timeout"


def test_few_descriptors_mean_fewer_at_a_time(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Where the system allows few open files, fewer services are looked at together, and that is said."""
    monkeypatch.setattr(descriptors, "make_room", lambda _wanted: 128)
    wish = bulk.Order(source="-", jsonl=True, concurrency=200)
    assert bulk.concurrency(wish, None) == 16
    assert "16 services at a time instead of 200" in " ".join(capsys.readouterr().err.split())
    # Every address of a name is looked at, eight at a time.
    assert bulk.concurrency(wish, Wanted(all_addresses=True)) == 5


def test_few_descriptors_hold_for_targets_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the system allows bounds `--concurrency` without a stream as well."""
    monkeypatch.setattr(descriptors, "make_room", lambda _wanted: 128)
    words = ("show", "127.0.0.1:1", "--concurrency")
    assert "16 services at a time instead of 200" in " ".join(run(*words, "200").err.split())
    assert "at a time" not in run(*words, "16").err


def test_twins_are_forgotten_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only so many chains are remembered; a service never is its own twin."""
    monkeypatch.setattr(bulk, "MAX_TWINS", 1)
    tally, pki = bulk.Tally(), reports.pki()
    first, other = reports.report((pki.leaf,)), reports.report((pki.wide,), target="other.example")
    again = reports.report((pki.leaf,), target="again.example")
    assert [tally.twin(item) for item in (first, again)] == [None, first.subject.label]
    assert [tally.twin(item) for item in (other, again)] == [None, None]


def started(here: Path, *words: object) -> subprocess.Popen[bytes]:
    """Start the installed command in a directory, its standard streams being pipes."""
    environment = os.environ | {"XDG_CONFIG_HOME": str(here / "nobody")}
    return subprocess.Popen(
        [PROGRAM, *map(str, words)],
        cwd=here,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def test_line_comes_before_the_list_ends(cloud: lab.Cloud, here: Path) -> None:
    """A service that is written into a pipe is told while the pipe is still open."""
    name, address = portal(cloud)
    with started(here, "show", "--from", "-", "--jsonl", "--connect", address) as process:
        for number in (1, 2):
            process.stdin.write(f"{name}:{number}\n".encode())
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["observations"][0]["endpoint"]["port"] == number
        process.stdin.close()
        assert process.wait() == Exit.FINE


def test_interrupt_leaves_whole_lines(cloud: lab.Cloud, here: Path) -> None:
    """Ctrl-C ends with 130; what was written is whole lines."""
    name, address = portal(cloud)
    with started(here, "show", "--from", "-", "--jsonl", "--connect", address) as process:
        process.stdin.write(f"{name}:1\n{name}:2\n".encode())
        process.stdin.flush()
        first = process.stdout.readline()
        process.send_signal(signal.SIGINT)
        rest = process.stdout.read()
        assert process.wait() == 130
    schemas.validate_lines(first + rest)
    assert (first + rest).endswith(b"\n")


def test_reader_who_goes_ends_it(cloud: lab.Cloud, here: Path) -> None:
    """Where the reader goes, as `head` does, the command ends without a word."""
    name, address = portal(cloud)
    (here / "list").write_text("".join(f"{name}:{number}\n" for number in range(1, 2001)))
    with started(here, "show", "--from", "list", "--jsonl", "--connect", address) as process:
        process.stdout.readline()
        process.stdout.close()
        told = process.stderr.read()
        assert (process.wait(), told) == (0, b"")


def test_file_takes_the_lines(cloud: lab.Cloud, here: Path) -> None:
    """Into a file the lines go as into a pipe."""
    name, address = portal(cloud)
    with (here / "out").open("wb") as out:
        command = [PROGRAM, "show", "--from", "-", "--jsonl", "--connect", address]
        subprocess.run(command, cwd=here, input=f"{name}\n".encode(), stdout=out, stderr=subprocess.DEVNULL, check=True)
    assert stat.S_ISREG((here / "out").stat().st_mode)
    schemas.validate_lines((here / "out").read_bytes())
    assert json.loads((here / "out").read_text())["observations"][0]["verifies"]


def test_terminal_gets_screens_and_no_bar(cloud: lab.Cloud, here: Path) -> None:
    """On a terminal the screens are the progress: no bar is drawn between them."""
    name, address = portal(cloud)
    (here / "list").write_text(f"{name}\n")
    with terminal(["show", "--from", "list", "--connect", address], cwd=here, rows=60) as screen:
        assert screen.end() == Exit.FINE
    assert "Looked at 1 service: 1 with a chain." in screen.flat
    assert "looking" not in screen.raw.decode()


def test_bar_is_drawn_where_only_stderr_is_a_terminal(cloud: lab.Cloud, here: Path) -> None:
    """Where the lines go into a file, a bar on the terminal tells how far it is, and nothing of it goes into the file."""
    name, address = portal(cloud)
    (here / "list").write_text(f"{name}\n")
    command = f"{PROGRAM} show --from list --jsonl --connect {address} > out"
    with terminal(["-c", command], cwd=here, program=Path("/bin/sh")) as screen:
        assert screen.end() == Exit.FINE
        assert screen.is_sane
    assert "looking" in screen.raw.decode()
    assert [json.loads(line)["format"] for line in (here / "out").read_text().splitlines()] == ["anchorkeep.evidence"]


@pytest.mark.usefixtures("here")
def test_targets_keep_their_order_at_any_concurrency(cloud: lab.Cloud) -> None:
    """Without a stream `--concurrency` changes nothing but the pace."""
    _, address = portal(cloud)
    shown = run("show", address, "127.0.0.1:1", address, "--concurrency", "1", "--json")
    ports = [item["endpoint"]["port"] for item in json.loads(shown.out)["observations"]]
    assert ports == [int(address.rpartition(":")[2]), 1, int(address.rpartition(":")[2])]
