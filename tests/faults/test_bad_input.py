"""Bad input gets a clear error or finding and its exit code, never a traceback, never a hang."""

import json
import os
from pathlib import Path

import pytest

from anchorkeep import formats
from anchorkeep.cli.outcome import Exit
from anchorkeep.mint import Authority
from tests.peers import process, sockets, steady
from tests.peers.command import Result, run


def reason(port: int, *words: object) -> tuple[str, int]:
    """Return why nothing could be had from a port of this machine, and the exit code."""
    seen = run("show", f"127.0.0.1:{port}", "--json", "--timeout", "2", *words)
    return json.loads(seen.out)["observations"][0]["failure"]["reason"], seen.code


@pytest.mark.parametrize("stage", ["before", "inside"])
def test_garbage_is_told(stage: str) -> None:
    """Garbage instead of an answer, and garbage within one, end the handshake with a reason."""
    answer = b"\x00\xff" * 500 if stage == "before" else b"\x16\x03\x03\x40\x00" + b"\xaa" * 0x4000
    with sockets.peer(sockets.says(answer)) as port:
        told, code = reason(port)
    assert (told in {"garbage", "protocol-error", "closed", "alert"}, code) == (True, Exit.UNKNOWN)


def test_plain_text_server_is_named() -> None:
    """A web server without TLS is recognised, and the person is told."""
    with sockets.peer(sockets.says(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as port:
        shown = run("show", f"127.0.0.1:{port}")
    assert (shown.code, "answered, but not with TLS: HTTP?" in " ".join(shown.out.split())) == (Exit.UNKNOWN, True)


@pytest.mark.parametrize(
    ("behaviour", "told"), [(sockets.is_silent, "timeout"), (sockets.drips, "timeout"), (sockets.resets, "reset")]
)
def test_time_is_kept(behaviour: sockets.Behaviour, told: str) -> None:
    """A server that is silent, drips or resets costs no more than the timeout."""
    with sockets.peer(behaviour) as port:
        assert reason(port, "--timeout", "0.5") == (told, Exit.UNKNOWN)


def test_closed_port_is_told() -> None:
    """A port where nothing listens is a recorded outcome."""
    assert reason(process.free_port()) == ("refused", Exit.UNKNOWN)


def test_unknown_host_is_told() -> None:
    """A host that no resolver knows is a recorded outcome of the stage resolve."""
    seen = run("show", "no-such-host.invalid", "--json", "--timeout", "5")
    failure = json.loads(seen.out)["observations"][0]["failure"]
    assert (failure["stage"], seen.code) == ("resolve", Exit.UNKNOWN)


FILES = {
    "empty": b"",
    "binary": bytes(range(256)) * 40,
    "text": b"not a certificate at all\n",
    "half": b"-----BEGIN CERTIFICATE-----\nMIIB",
    "page": b"<!DOCTYPE html><html><body>Sign in</body></html>",
    "json": b'{"a": 1}',
    "nested": b"[" * 100_000,
}


@pytest.mark.parametrize("kind", FILES)
def test_file_that_is_none_is_refused(kind: str, tmp_path: Path) -> None:
    """A file that holds no certificate is refused with its name."""
    path = tmp_path / "some.file"
    path.write_bytes(FILES[kind])
    refused = run("show", path)
    assert (refused.code, "some.file" in "".join(refused.err.split())) == (Exit.FINDING, True)


def odd(kind: str, directory: Path) -> Path:
    """Return a path that is no ordinary file."""
    path = directory / "odd"
    match kind:
        case "directory":
            path.mkdir()
        case "fifo":
            os.mkfifo(path)
        case "large":
            with path.open("wb") as file:
                file.truncate(100 * 1024 * 1024)
        case "device":
            return Path("/dev/zero")
        case "unreadable":
            path.symlink_to(path)
    return path


@pytest.mark.parametrize("kind", ["directory", "fifo", "large", "device", "missing", "unreadable"])
@pytest.mark.parametrize("command", ["show", "export", "diff"])
def test_odd_file_is_refused(kind: str, command: str, tmp_path: Path) -> None:
    """A directory, a FIFO, a device, 100 MB or nothing at all end at once, with a remedy."""
    path = odd(kind, tmp_path)
    refused: Result = run(command, path, *([path] if command == "diff" else []))
    assert (refused.code, "→" in refused.err, refused.out) == (Exit.UNKNOWN, True, "")


def test_settings_that_are_odd_are_refused(tmp_path: Path) -> None:
    """A settings file that is a FIFO does not hang."""
    assert run("show", "host", "--config", odd("fifo", tmp_path)).code == Exit.UNKNOWN


def test_chain_of_two_hundred_ends_within_its_budget(tmp_path: Path) -> None:
    """A chain of 200 intermediates is shown, and the search says where it stopped."""
    entropy = steady.counted()
    authority = Authority.root("Root", at=steady.AT, days=3000, entropy=entropy)
    for number in range(200):
        authority = authority.intermediate(f"CA {number}", at=steady.AT, days=3000, entropy=entropy)
    identity = authority.issue(dns_names=(steady.HOST,), at=steady.AT, days=40, entropy=entropy)
    path = tmp_path / "chain.pem"
    path.write_bytes(formats.dumps(identity.chain, format="pem", comments=False))
    seen = run("show", path, "--json", "--at", "2026-11-23T12:00")
    (observation,) = json.loads(seen.out)["observations"]
    assert len(observation["certificates"]) == 201
    assert "path-search-stopped" in {item["id"] for item in observation["findings"]}
    assert seen.code == Exit.FINDING
