"""
Every error Anchorkeep raises.

    AnchorkeepError
    ├── UsageError             the request itself is wrong: a target, an option, a settings file     exit 2
    ├── InputError             what was read is not what it should be                                exit 1
    │   ├── TLVError           bytes are not well-formed DER or BER
    │   ├── CertificateError   a certificate's structure cannot be read
    │   ├── StoreFormatError   a file is no store or certificate file we know, or a broken one
    │   │   ├── UnsupportedFormatError  recognised, named, and not read by this version
    │   │   └── TooMuchWorkError  it asks for more work than a file may
    │   ├── StoreIntegrityError  wrong password or tampering: nobody can know which
    │   └── EvidenceError      an evidence file that does not hold what it claims
    ├── UnsupportedEntryError  an entry that the format asked for cannot hold, before a byte is written  exit 1
    ├── RefusedError           we could, but will not without a decision                             exit 1
    └── FileError              a file or directory could not be read or written                      exit 3

Subclasses tell what the caller can do. Messages say what, where, expected and got; `remedy` says what to do next. Text from
outside is in a message only after `anchorkeep.text.visible`.
"""

from __future__ import annotations

import copyreg


class AnchorkeepError(Exception):
    """
    The root of all errors; catch this to catch them all.

    Attributes:
        message: what happened, where, expected and got; one line, safe to print.
        remedy: what to do next, or an empty string.
    """

    def __init__(self, message: str, *, remedy: str = "") -> None:
        """Keep the message and the remedy."""
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        """Return the message, then the remedy."""
        return f"{self.message} {self.remedy}".rstrip()

    def __reduce__(self) -> tuple[object, ...]:
        """Let an error pass between processes, whatever its constructor asks for."""
        return copyreg.__newobj__, (type(self), *self.args), self.__dict__  # type: ignore[attr-defined]


class UsageError(AnchorkeepError):
    """The request itself is wrong: a target, an option or a settings file."""


class InputError(AnchorkeepError):
    """What was read is not what it should be."""


class TLVError(InputError):
    """Bytes are not well-formed DER or BER within the bounds."""

    def __init__(self, message: str, *, offset: int, remedy: str = "") -> None:
        """Keep the offset, in bytes from the start of what was read."""
        super().__init__(f"{message} (at byte {offset})", remedy=remedy)
        self.offset = offset


class CertificateError(InputError):
    """A certificate's structure cannot be read."""


class StoreFormatError(InputError):
    """A file is no certificate file or store that is known here, or a broken one."""


class UnsupportedFormatError(StoreFormatError):
    """A format that was recognised and that this version does not read."""


class TooMuchWorkError(StoreFormatError):
    """Reading a store would take more work than it may ask for, at least with the passwords that were tried."""


class StoreIntegrityError(InputError):
    """The integrity check failed: a wrong password or tampering, which cannot be told apart."""


class EvidenceError(InputError):
    """An evidence file does not hold what it claims."""


class UnsupportedEntryError(AnchorkeepError):
    """An entry that the format asked for cannot hold; raised before a byte is written."""


class RefusedError(AnchorkeepError):
    """Something that could be done but is not without a person's decision."""


class FileError(AnchorkeepError):
    """A file or directory could not be read or written."""
