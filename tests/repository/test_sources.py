"""The sources keep the house's rules that no linter knows: portability, size and names."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "anchorkeep"
SOURCES = sorted(PACKAGE.rglob("*.py"))

# A module is 80 to 250 lines, and is split before this.
LONGEST_MODULE = 400

# Words that name no thing, so that everything fits in.
NAMELESS = {"base", "common", "helper", "helpers", "manager", "misc", "util", "utils"}

POSIX_MODULES = {
    "crypt",
    "fcntl",
    "grp",
    "nis",
    "posix",
    "pty",
    "pwd",
    "resource",
    "signal",
    "spwd",
    "syslog",
    "termios",
    "tty",
}

# Missing on Windows, or there with another meaning (the modes of files).
POSIX_NAMES = {
    "os": {
        *(
            "O_CLOEXEC",
            "O_DIRECTORY",
            "O_NOCTTY",
            "O_NOFOLLOW",
            "O_NONBLOCK",
            "O_PATH",
            "O_SYNC",
            "O_TMPFILE",
        ),
        *("chmod", "chown", "chroot", "fchdir", "fchmod", "fchown", "fork", "forkpty", "geteuid", "getegid"),
        *(
            "getgid",
            "getgroups",
            "getpgid",
            "getpgrp",
            "getresgid",
            "getresuid",
            "getsid",
            "getuid",
            "initgroups",
        ),
        *("killpg", "lchown", "mkfifo", "mknod", "nice", "openpty", "pidfd_open", "posix_spawn", "setegid"),
        *("seteuid", "setgid", "setgroups", "setpgid", "setpgrp", "setpriority", "setresgid", "setresuid"),
        *("setsid", "setuid", "statvfs", "sysconf", "umask", "uname", "wait", "wait3", "wait4", "waitid"),
    },
    "socket": {"AF_UNIX", "SO_REUSEPORT", "socketpair"},
}

# Methods, whatever they are called on: of Path, and of the event loop.
POSIX_METHODS = {"add_signal_handler", "chmod", "lchmod"}


def posix_uses(source: str) -> Iterator[str]:
    """Yield the POSIX-only modules and functions that a module's source uses, each with its line."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names):
                yield from (f"{node.lineno}: {n.name}" for n in names if n.name in POSIX_MODULES)
            case ast.ImportFrom(module=module, names=names) if module in POSIX_MODULES:
                yield f"{node.lineno}: {module}"
            case ast.ImportFrom(module=module, names=names):
                forbidden = POSIX_NAMES.get(module or "", set())
                yield from (f"{node.lineno}: {module}.{n.name}" for n in names if n.name in forbidden)
            case ast.Attribute(value=ast.Name(id=module), attr=name) if name in POSIX_NAMES.get(module, ()):
                yield f"{node.lineno}: {module}.{name}"
            case ast.Call(func=ast.Attribute(attr=name)) if name in POSIX_METHODS:
                yield f"{node.lineno}: .{name}()"


def name_of(path: Path) -> str:
    """Return a source's path below the package, as the test's id."""
    return path.relative_to(PACKAGE).as_posix()


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_posix_is_used_only_in_host(path: Path) -> None:
    """What only POSIX has is used by the host edge alone, so that the other rooms can run elsewhere."""
    uses = list(posix_uses(path.read_text(encoding="utf-8")))
    assert path.is_relative_to(PACKAGE / "host") or not uses


@pytest.mark.parametrize(
    "source",
    [
        "import fcntl",
        "from pwd import getpwnam",
        "from os import getuid",
        "import os\nos.setsid()",
        "import os\nFLAGS = os.O_RDONLY | os.O_NOFOLLOW",
        "import socket\nfamily = socket.AF_UNIX",
        "def protect(path):\n    path.chmod(0o600)",
    ],
)
def test_posix_is_found(source: str) -> None:
    """Every way to use what only POSIX has is found."""
    assert list(posix_uses(source))


@pytest.mark.parametrize("source", ["import os\nos.replace('a', 'b')", "import socket\nfamily = socket.AF_INET6"])
def test_portable_code_is_left_alone(source: str) -> None:
    """What every system has is no finding."""
    assert not list(posix_uses(source))


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_module_is_short(path: Path) -> None:
    """No module is longer than what is split."""
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST_MODULE


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_module_is_named_after_a_thing(path: Path) -> None:
    """No module or room has a name that everything would fit under."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    assert not NAMELESS.intersection(part.strip("_") for part in parts)


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_environment_is_read_by_the_settings_alone(path: Path) -> None:
    """One module reads the environment; the one that starts our own processes hands it on to them."""
    text = path.read_text(encoding="utf-8")
    reads = re.findall(r"\bos\.(?:environ|getenv)\b|\bfrom os import\b.*\benviron\b", text)
    assert name_of(path) in {"cli/settings.py", "host/process.py"} or not reads
