"""The lab for tests: a cloud on loopback, in this process, on an event loop in a thread of its own."""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest

from anchorkeep import formats, lab
from anchorkeep.lab.cloud import now


@contextlib.contextmanager
def running(clock: Callable[[], datetime] = now) -> Iterator[lab.Cloud]:
    """
    Run a cloud in which all services behave; it drips without pause.

    Its methods may be called from the test's thread: the state is replaced in one step, and each connection looks
    at it anew.
    """
    started, stop = threading.Event(), asyncio.Event()
    found: list[lab.Cloud] = []
    loops: list[asyncio.AbstractEventLoop] = []

    async def run() -> None:
        async with lab.running(clock=clock, drip_seconds=0.001) as cloud:
            found.append(cloud)
            loops.append(asyncio.get_running_loop())
            started.set()
            await stop.wait()

    def thread() -> None:
        try:
            asyncio.run(run())
        finally:
            started.set()

    runner = threading.Thread(target=thread, name="cloud")
    runner.start()
    started.wait()
    try:
        yield found[0]
    finally:
        for loop in loops:
            loop.call_soon_threadsafe(stop.set)
        runner.join()


def write_settings(cloud: lab.Cloud, directory: Path) -> Path:
    """Write settings that name a lab's environments and its roots."""
    (directory / "root.pem").write_bytes(formats.dumps(cloud.roots, format="pem"))
    lines = ["[pools]", "java = false", "system = false", 'files = ["root.pem"]']
    for name in ("uat", "production"):
        listed = ", ".join(f'{{ target = "{item.host}", connect = "{item.connect}" }}' for item in cloud.endpoints(name))
        lines += [f"[environments.{name}]", f"endpoints = [{listed}]"]
    path = directory / "anchorkeep.toml"
    path.write_text("\n".join(lines))
    path.chmod(0o600)
    return path


@pytest.fixture
def cloud() -> Iterator[lab.Cloud]:
    """Yield a running cloud in which all services behave."""
    with running() as found:
        yield found


@pytest.fixture
def lab_settings(cloud: lab.Cloud, tmp_path: Path) -> Path:
    """Write settings that name the lab's environments and its root."""
    return write_settings(cloud, tmp_path)
