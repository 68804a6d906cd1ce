"""
The command line of `anchorkeep keytool`: keytool's own words, which are not those of the other commands.

Rules kept here:
- what is not in the subset is refused before anything is read, so that no script goes on with half of what it asked for;
- a password's value is in no message and in no `repr`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from anchorkeep.cli import settings
from anchorkeep.errors import FileError, RefusedError, UsageError
from anchorkeep.host import file
from anchorkeep.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

#: Bytes of a file with a password.
_MAX_PASSWORD_FILE = 64 * 1024
_STORE = frozenset({"keystore", "storetype", "storepass"})
_OLD_NAMES = {"import": "importcert", "export": "exportcert"}
#: Options that name a password, each also with `:env` and `:file`.
_PASSWORDS = frozenset({"storepass", "srcstorepass", "deststorepass", "new", "keypass", "srckeypass", "destkeypass"})
#: Options without a value.
_FLAGS = frozenset({"noprompt", "trustcacerts", "v", "rfc", "cacerts"})

#: Each command of the subset with what it does and its options.
COMMANDS: Mapping[str, tuple[str, frozenset[str]]] = {
    "changealias": ("Changes an entry's alias", _STORE | {"alias", "destalias", "cacerts", "keypass", "v"}),
    "delete": ("Deletes an entry", _STORE | {"alias", "cacerts", "v"}),
    "exportcert": ("Exports certificate", _STORE | {"alias", "file", "rfc", "cacerts", "v"}),
    "importcert": ("Imports a certificate", _STORE | {"alias", "file", "noprompt", "trustcacerts", "cacerts", "keypass", "v"}),
    "importkeystore": (
        "Imports one or all entries from another keystore",
        frozenset(
            {
                *("srckeystore", "srcstoretype", "srcstorepass", "srcalias", "srckeypass"),
                *("destkeystore", "deststoretype", "deststorepass", "destalias", "destkeypass", "noprompt", "cacerts", "v"),
            }
        ),
    ),
    "list": ("Lists entries in a keystore", _STORE | {"alias", "rfc", "cacerts", "v"}),
    "printcert": ("Prints the content of a certificate", frozenset({"file", "rfc", "sslserver", "v"})),
    "storepasswd": ("Changes the store password of a keystore", _STORE | {"new", "cacerts", "v"}),
}
#: What keytool does and this does not.
_ELSEWHERE = frozenset(
    {
        *("certreq", "genkeypair", "genkey", "genseckey", "gencert", "importpass", "keypasswd", "printcertreq", "printcrl"),
        *("showinfo", "identitydb", "keyclone", "selfcert", "version", "conf"),
    }
)
_OPTIONS_ELSEWHERE = frozenset(
    {
        *("providername", "addprovider", "providerclass", "provider", "providerarg", "providerpath", "protected", "sigalg"),
        *("srcprovidername", "destprovidername", "srcprotected", "destprotected", "jarfile", "tls", "ext", "dname", "conf"),
    }
)
#: Every option of the subset: each is taken beside every command, as by keytool.
_KNOWN = frozenset[str]().union(*(names for _, names in COMMANDS.values()))
#: Options that are another's in the words of -importkeystore.
_SAME = {"destkeystore": "keystore", "deststoretype": "storetype", "deststorepass": "storepass", "srcalias": "alias"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """
    What was asked for.

    Attributes:
        command: one of `COMMANDS`; empty where only help was asked for.
        values: of each option its value, a password's included; what -importkeystore calls -destkeystore, -deststoretype,
            -deststorepass and -srcalias is here under the names that the other commands have for them.
        flags: the options without a value.
        exposed: the options whose password stands on the command line itself, for everybody on the machine to see.
        repeated: the options that were given more than once.
        is_help: whether only help was asked for.
    """

    command: str
    values: Mapping[str, str] = field(default_factory=dict, repr=False)
    flags: frozenset[str] = frozenset()
    exposed: tuple[str, ...] = ()
    repeated: tuple[str, ...] = ()
    is_help: bool = False

    def get(self, name: str) -> str | None:
        """Return an option's value, None where it was not given."""
        return self.values.get(name)


def parse(words: Sequence[str]) -> Request:
    """
    Return what the words ask for.

    They are taken as keytool takes them: in any order, names in whatever case, an option that the command has no use for is
    ignored, and of one that is repeated the last counts.

    Raises:
        UsageError: an option that there is not, or one that is not in the subset, or a password that cannot be had.
        RefusedError: two commands.
    """
    if not words or words[0].lower() in {"-help", "-h", "-?", "--help"}:
        return Request(command="", is_help=True)
    given = list(_options(words))
    command = next((name for name, _, value in given if value is None and name in COMMANDS), "")
    if any(name == "help" for name, _, _ in given):
        return Request(command=command, is_help=True)
    if not command:
        raise UsageError("Usage error: no command provided")
    names = [name for name, _, _ in given]
    flags = frozenset(names) & _FLAGS
    if command == "list" and flags >= {"v", "rfc"}:
        raise UsageError("Must not specify both -v and -rfc with 'list' command")
    exposed = tuple(dict.fromkeys(name for name, modifier, _ in given if name in _PASSWORDS and not modifier))
    values = {_SAME.get(name, name): _value(modifier, value) for name, modifier, value in given if value is not None}
    repeated = tuple(dict.fromkeys(name for number, name in enumerate(names) if name in names[:number]))
    return Request(command=command, values=values, flags=flags, exposed=exposed, repeated=repeated)


def command_of(words: Sequence[str]) -> str:
    """Return the command whose help is of use where words cannot be parsed; empty where there is none."""
    found = (_named(word) for word in words)
    return next((name for name in found if name in COMMANDS), "")


def usage(command: str) -> str:
    """Return the help of one command, or where it is empty of them all."""
    if not command:
        lines = [f" -{name:<18} {line}" for name, (line, _) in COMMANDS.items()]
        return "\n".join(("Key and Certificate Management Tool: the subset that Anchorkeep has", "", "Commands:", "", *lines))
    line, names = COMMANDS[command]
    options = [f" -{name}" + ("" if name in _FLAGS else " <arg>") for name in sorted(names)]
    return "\n".join((f"keytool -{command} [OPTION]...", "", line, "", "Options:", "", *options))


def _named(word: str) -> str:
    """Return the name of an option or a command; empty for what is neither."""
    name = word.removeprefix("-").partition(":")[0].lower() if word.startswith("-") else ""
    return _OLD_NAMES.get(name, name)


def _options(words: Sequence[str]) -> Iterator[tuple[str, str, str | None]]:
    """Yield the command, and of each option its name, `env` or `file` or nothing, and its value, None for one without."""
    left, command = iter(words), ""
    for word in left:
        name, modifier = _named(word), word.partition(":")[2].lower()
        if name in COMMANDS:
            if command:
                raise RefusedError(
                    f"java.lang.Exception: Only one command is allowed: both -{command} and -{name} were specified."
                )
            command = name
            yield name, "", None
        elif name in {"help", "h", "?", "-help"}:
            yield "help", "", None
        elif name in _ELSEWHERE | _OPTIONS_ELSEWHERE:
            message = f"-{name} is not in the subset of keytool that Anchorkeep has."
            raise UsageError(message, remedy="Use the JDK's own keytool for it.")
        elif name in _PASSWORDS and modifier not in {"", "env", "file"}:
            raise UsageError(f"Unknown password type: {visible(modifier)}")
        elif name not in _KNOWN or (modifier and name not in _PASSWORDS):
            raise UsageError(f"Illegal option:  {visible(word)}")
        elif name in _FLAGS:
            yield name, "", None
        else:
            value = next(left, None)
            if value is None:
                raise UsageError(f"Command option {visible(word)} needs an argument.")
            yield name, modifier, value


def _value(modifier: str, value: str) -> str:
    """Return an option's value, read from where the modifier says."""
    match modifier:
        case "env":
            found = settings.variable(value)
            if found is None:
                raise UsageError(f"Cannot find environment variable: {visible(value)}")
            return found
        case "file":
            try:
                data = file.read(Path(value), limit=_MAX_PASSWORD_FILE)
            except FileError:
                raise UsageError(f"Cannot find file: {visible(value)}") from None
            return data.decode(errors="replace").split("\n", 1)[0].rstrip("\r")
        case _:
            return value
