import asyncio
import os
import signal
import socket
import threading
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from anchorkeep import formats
from anchorkeep.errors import AnchorkeepError, FileError, RefusedError, UsageError
from anchorkeep.host import process
from anchorkeep.lab import Mode, Part, cloud, operation, site
from anchorkeep.lab.directory import Directory
from anchorkeep.model.certificate import Certificate
from anchorkeep.model.endpoint import Endpoint
from anchorkeep.observe import observe


@pytest.fixture
def where(tmp_path: Path) -> Iterator[Directory]:
    """Return a place for a lab, which is gone afterwards."""
    directory = Directory(tmp_path / "lab")
    yield directory
    operation.down(directory)


def shown(where: Directory, name: str = "uat") -> tuple[Certificate, ...]:
    """Return what an environment presents, asked as its settings file says."""
    document = tomllib.loads(where.settings.read_text())
    entry = document["environments"][name]["endpoints"][0]
    endpoint = Endpoint.parse(entry["target"], connect=entry["connect"])
    return asyncio.run(observe(endpoint, clock=cloud.now)).certificates


def roots(where: Directory) -> tuple[Certificate, ...]:
    """Return the roots of the pool file, as a user's program would read them."""
    return formats.loads(where.root.read_bytes()).certificates


def files(directory: Path) -> set[str]:
    """Return the names below a directory."""
    return {path.relative_to(directory).as_posix() for path in directory.rglob("*")}


def test_lab_comes_up(where: Directory) -> None:
    """A lab in the background presents leaf and intermediate of each environment, below the root of its file."""
    found = operation.up(where)
    assert found.process == where.server not in {None, os.getpid()}
    for name in site.ENVIRONMENTS:
        leaf, intermediate = shown(where, name)
        assert [item.value for item in leaf.subject_alt_names] == list(site.names(name))
        assert intermediate.issuer == roots(where)[0].subject


def test_settings_go_through_no_proxy(where: Directory) -> None:
    """The lab is on this machine, where no proxy of the variables can reach it, and its settings say so."""
    operation.up(where)
    document = tomllib.loads(where.settings.read_text())
    assert {item["proxy"] for item in document["environments"].values()} == {"none"}


def test_settings_name_every_endpoint(where: Directory) -> None:
    """The settings file holds both environments, each host with its port, and the pool file beside it."""
    operation.up(where)
    document = tomllib.loads(where.settings.read_text())
    assert list(document["environments"]) == ["uat", "production"]
    for name in site.ENVIRONMENTS:
        entries = document["environments"][name]["endpoints"]
        assert [entry["target"] for entry in entries] == list(site.hosts(name))
        assert all(entry["connect"].startswith("127.0.0.1:") for entry in entries)
    assert document["pools"]["files"] == [where.root.name]


def test_keys_are_their_owners_alone(where: Directory) -> None:
    """Every file with or near a key is 0600 in a directory 0700, and no other file holds one."""
    operation.up(where)
    assert where.private.stat().st_mode & 0o777 == 0o700
    for path in where.path.rglob("*"):
        if path.is_file() and path.is_relative_to(where.private):
            assert path.stat().st_mode & 0o777 == 0o600
        elif path.is_file():
            assert b"PRIVATE" not in path.read_bytes()


def test_keys_are_gone_after_down(where: Directory) -> None:
    """`down` ends the server and removes everything the lab made, its directory too."""
    operation.up(where)
    server = where.server
    assert operation.down(where)
    assert not where.path.exists()
    assert where.server is None
    assert server is not None


def test_down_leaves_what_is_not_the_labs(where: Directory) -> None:
    """A file that was put into the lab's directory stays, and the directory with it."""
    operation.up(where)
    (where.path / "export.cer").write_text("mine")
    operation.down(where)
    assert files(where.path) == {"export.cer"}


def test_directory_that_was_there_stays(where: Directory) -> None:
    """An empty directory that existed before is empty again, and not removed."""
    where.path.mkdir()
    operation.up(where)
    operation.down(where)
    assert files(where.path) == set()
    assert where.path.is_dir()


def test_down_without_up_does_nothing(where: Directory) -> None:
    """`down` where no lab is says so and touches nothing."""
    where.path.mkdir()
    (where.path / "mine").write_text("mine")
    assert not operation.down(where)
    assert files(where.path) == {"mine"}


def test_up_twice_is_one_lab(where: Directory) -> None:
    """A second `up` leaves the running lab as it is."""
    first = operation.up(where)
    before = shown(where)
    second = operation.up(where)
    assert second.process == first.process
    assert shown(where) == before


def test_lost_server_comes_back_as_it_was(where: Directory) -> None:
    """After its server was killed a lab comes up with the same certificates on the same ports."""
    operation.up(where)
    before, settings = shown(where), where.settings.read_text()
    os.kill(where.server, signal.SIGKILL)
    assert process.wait_for_end(where.server_lock, seconds=30)
    assert operation.status(where).process is None
    operation.up(where)
    assert shown(where) == before
    assert where.settings.read_text() == settings


def test_proxies_come_back_where_they_were(where: Directory) -> None:
    """The lab's proxies have a port each, which its state names and which stays when the server was lost."""
    before = operation.up(where).state
    assert before is not None
    ports = (before.tunnel_port, before.inspection_port)
    assert len({0, *ports}) == 3
    os.kill(where.server, signal.SIGKILL)
    assert process.wait_for_end(where.server_lock, seconds=30)
    after = operation.up(where).state
    assert after is not None
    assert (after.tunnel_port, after.inspection_port) == ports
    assert after.inspector.certificate == before.inspector.certificate
    for port in ports:
        socket.create_connection((site.LOOPBACK, port), timeout=10).close()


@pytest.mark.parametrize("content", ["file", "directory"])
def test_foreign_directory_is_refused(where: Directory, content: str) -> None:
    """A directory that holds anything but a lab is refused, by `up` and in the foreground, and left as it was."""
    where.path.mkdir()
    (where.path / "mine").write_text("mine") if content == "file" else (where.path / "private").mkdir()
    before = files(where.path)
    with pytest.raises(RefusedError, match="no lab"):
        operation.up(where)
    with pytest.raises(RefusedError, match="no lab"):
        operation.run(where, announce=lambda _: None)
    assert files(where.path) == before


def test_file_is_no_directory(where: Directory) -> None:
    """A path that is a file is refused."""
    where.path.write_text("mine")
    with pytest.raises(AnchorkeepError, match="directory"):
        operation.up(where)
    where.path.unlink()


def test_directory_that_others_may_write_is_refused(where: Directory) -> None:
    """A directory in which others may write, and so swap the root, is refused."""
    where.path.mkdir()
    where.path.chmod(0o777)
    with pytest.raises(RefusedError, match="written by others"):
        operation.up(where)
    assert files(where.path) == set()


@pytest.mark.parametrize("part", Part)
def test_rotation_shows_in_the_next_handshake(where: Directory, part: Part) -> None:
    """When `rotate` returns, the running server presents the new certificates to the next who asks."""
    operation.up(where)
    before = shown(where)
    state = operation.rotate(where, part)
    after = shown(where)
    assert after == state.environment("uat").presentation.certificates
    assert after[0] != before[0]
    assert (after[1] != before[1]) == (part is not Part.LEAF)


def test_new_root_is_installed_beside_the_old(where: Directory) -> None:
    """After a new root the pool file holds the old one and then the new one."""
    operation.up(where)
    (old,) = roots(where)
    operation.rotate(where, Part.ROOT, names=("uat",), has_cross_sign=True)
    assert roots(where)[0] == old
    assert len(roots(where)) == 2
    assert shown(where)[2].issuer == old.subject
    assert shown(where)[2].public_key == roots(where)[1].public_key
    assert len(shown(where, "production")) == 2


def test_misbehaviour_shows_and_ends(where: Directory) -> None:
    """A mode shows in the next handshake of its environment alone, and `none` ends it."""
    operation.up(where)
    operation.misbehave(where, Mode.NO_INTERMEDIATE, names=("uat",))
    assert len(shown(where)) == 1
    assert len(shown(where, "production")) == 2
    operation.misbehave(where, Mode.NONE)
    assert len(shown(where)) == 2


def test_dry_run_changes_nothing(where: Directory) -> None:
    """A dry run returns what would be, and writes nothing."""
    operation.up(where)
    before = where.identity()
    would_be = operation.rotate(where, Part.LEAF, is_dry_run=True)
    operation.misbehave(where, Mode.EXPIRED, is_dry_run=True)
    assert where.identity() == before
    assert shown(where) != would_be.environment("uat").presentation.certificates


def test_changes_at_once_are_all_kept(where: Directory) -> None:
    """Changes that are made at the same time come one after the other, and none is lost."""
    operation.up(where)
    threads = [
        threading.Thread(target=operation.rotate, args=(where, Part.INTERMEDIATE), kwargs={"names": ("uat",)}) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(where.load().intermediates) == 5


def test_change_needs_a_lab(where: Directory) -> None:
    """Where there is no lab, or none that runs, a change is refused and says what to do."""
    with pytest.raises(UsageError, match="lab up"):
        operation.rotate(where, Part.LEAF)
    operation.up(where)
    process.end(where.server_lock)
    with pytest.raises(UsageError, match="does not run"):
        operation.misbehave(where, Mode.EXPIRED)


def test_broken_state_is_told_and_removed(where: Directory) -> None:
    """A state that cannot be read is an error; the services go on, and `down` clears it away."""
    operation.up(where)
    before = shown(where)
    where.state.write_bytes(b"broken")
    with pytest.raises(AnchorkeepError, match="cannot be read"):
        operation.rotate(where, Part.LEAF)
    assert shown(where) == before
    assert operation.down(where)
    assert where.server is None
    assert not where.private.exists()
    where.path.rmdir()


def test_taken_port_is_told(where: Directory) -> None:
    """A lab whose old port another program has taken does not come up, and says which port it is."""
    operation.up(where)
    process.end(where.server_lock)
    port = where.load().environment("uat").port

    async def take() -> None:
        server = await asyncio.start_server(lambda *_: None, "127.0.0.1", port)
        async with server:
            with pytest.raises(FileError, match=str(port)):
                await asyncio.to_thread(operation.up, where)

    asyncio.run(take())


def test_foreground_ends_clean(where: Directory) -> None:
    """A lab in the foreground serves until `down` is called, and then nothing is left."""
    serving = threading.Event()
    ended: list[bool] = []

    def wait_and_end() -> None:
        serving.wait()
        ended.append(operation.down(where))

    thread = threading.Thread(target=wait_and_end)
    thread.start()
    chains: list[tuple[Certificate, ...]] = []

    def announce(found: operation.Status) -> None:
        chains.append(found.state.environment("uat").presentation.certificates)
        serving.set()

    operation.run(where, announce=announce)
    thread.join()
    assert ended == [True]
    assert len(chains[0]) == 2
    assert not where.path.exists()


def test_interrupt_in_the_foreground_leaves_nothing(where: Directory) -> None:
    """SIGTERM or Ctrl-C ends a lab in the foreground and removes its keys."""
    operation.run(where, announce=lambda _: os.kill(os.getpid(), signal.SIGTERM))
    assert not where.path.exists()


def test_status_of_nothing(where: Directory) -> None:
    """Where no lab is, the status has neither state nor process."""
    assert operation.status(where) == operation.Status(directory=where, state=None, process=None)
