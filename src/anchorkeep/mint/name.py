"""Builds distinguished names from text, whatever the text is."""

from __future__ import annotations

import string

from anchorkeep.errors import UsageError
from anchorkeep.model import oid
from anchorkeep.model.name import Name
from anchorkeep.text import visible
from anchorkeep.tlv import writer

_TYPES = {label: dotted for dotted, label in oid.ATTRIBUTES.items()}
_UTF8, _PRINTABLE, _IA5 = 0x0C, 0x13, 0x16
#: PrintableString (X.680 §41.4).
_PRINTABLE_CHARACTERS = frozenset(string.ascii_letters + string.digits + " '()+,-./:=?")
#: What RFC 5280 Appendix A does not write as a DirectoryString.
_STRING_TYPES = {
    "C": _PRINTABLE,
    "serialNumber": _PRINTABLE,
    "dnQualifier": _PRINTABLE,
    "DC": _IA5,
    "emailAddress": _IA5,
}


def build(*pairs: tuple[str, str]) -> Name:
    """
    Return a name of one attribute per relative name, in the order given (the most general first, as encoded).

    Nothing is checked in the values: control characters, line ends and whole PEM blocks go in as they stand.

    Args:
        pairs: attribute type, by short name (`CN`) or dotted, and its text.

    Raises:
        UsageError: an attribute type that is not known.
    """
    return Name(writer.sequence(*(writer.set_of(_attribute(kind, value)) for kind, value in pairs)))


def _attribute(kind: str, value: str) -> bytes:
    dotted = kind if kind[:1].isdigit() else _TYPES.get(kind)
    if dotted is None:
        message = f"No attribute of a name is called '{visible(kind)}'."
        raise UsageError(message, remedy=f"Known are {', '.join(_TYPES)}, and dotted identifiers.")
    return writer.sequence(writer.oid(dotted), writer.text(value, _string_type(kind, value)))


def _string_type(kind: str, value: str) -> int:
    wanted = _STRING_TYPES.get(kind, _UTF8)
    if wanted == _PRINTABLE and not set(value) <= _PRINTABLE_CHARACTERS:
        return _UTF8
    return wanted if value.isascii() else _UTF8
