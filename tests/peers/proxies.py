"""Proxies: real ones as processes, and scripted ones for what real ones do not do."""

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

from anchorkeep.model.endpoint import Address
from anchorkeep.observe.approach import Approach, Proxy, ProxyKind
from tests.conftest import ROOT, missing
from tests.peers import process, sockets
from tests.peers.sockets import Behaviour

# Unpacked by tools/proxies.sh.
UNPACKED = ROOT / ".tools" / "proxies" / "usr" / "bin"
USER, PASSWORD = "kim", "s3cret-pa55"
TINYPROXY = """
Port {port}
Listen 127.0.0.1
Allow 127.0.0.1
MaxClients 20
LogLevel Connect
LogFile "{directory}/tinyproxy.log"
{more}
"""


@contextlib.contextmanager
def tinyproxy(directory: Path, *more: str) -> Iterator[int]:
    """Run tinyproxy with further lines of settings, and give its port."""
    port = process.free_port()
    settings = directory / "tinyproxy.conf"
    settings.write_text(TINYPROXY.format(port=port, directory=directory, more="\n".join(more)), "utf-8")
    with process.server([_tool("tinyproxy"), "-d", "-c", settings], port=port, log=directory / "tinyproxy.out"):
        yield port


@contextlib.contextmanager
def microsocks(directory: Path, *options: str) -> Iterator[int]:
    """Run microsocks, and give its port."""
    port = process.free_port()
    command = [_tool("microsocks"), "-i", "127.0.0.1", "-p", str(port), *options]
    with process.server(command, port=port, log=directory / "microsocks.out"):
        yield port


def through(port: int, *, kind: str = "http", user: str | None = None, password: str | None = None) -> Approach:
    """Return the approach through a proxy on a port of this machine."""
    address = Address(host="127.0.0.1", port=port)
    return Approach(proxy=Proxy(kind=ProxyKind(kind), address=address, username=user, password=password))


def answers(*pieces: bytes) -> Behaviour:
    """Return a proxy that answers each thing it reads with the next piece, and then waits for the end."""
    return sockets.scripted(b"", *pieces)


def _tool(name: str) -> Path:
    found = shutil.which(name) or shutil.which(name, path=str(UNPACKED))
    if found is None:
        missing(f"needs {name}: tools/proxies.sh unpacks it")
    return Path(str(found))
