"""A distinguished name as it stands in a certificate, how it is written for people and how two of them are compared."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from anchorkeep import tlv
from anchorkeep.errors import TLVError
from anchorkeep.model import oid
from anchorkeep.model.lazy import Lazy
from anchorkeep.text import counted, visible

#: Attributes of one name. Real names stay below 20; OpenSSL reads any number, and x509-limbo has a name of 2,049.
_MAX_ATTRIBUTES = 4096
#: Attributes written for people.
_MAX_SHOWN = 32
_SEPARATORS = frozenset(',+"<>;=')
#: Bytes of a name whose canonical form is kept; real names stay below 1 KiB, and hostile ones shall not fill the memory.
_MAX_CACHED = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """
    One attribute of a relative distinguished name.

    Attributes:
        oid: its type, dotted.
        value: its text; for a value that is no character string, `#` and the hex of its encoding (RFC 4514 §2.4).
    """

    oid: str
    value: str

    @property
    def label(self) -> str:
        """The short name of the type (`CN`), or the dotted form of one that has none."""
        return oid.ATTRIBUTES.get(self.oid, self.oid)


@dataclass(frozen=True)
class Name:
    """
    A distinguished name; equality is of bytes, `canonical` is for comparing as verifiers do.

    Attributes:
        der: the encoded Name (RFC 5280 §4.1.2.4).
    """

    der: bytes

    @Lazy
    def attributes(self) -> tuple[Attribute, ...]:
        """
        The attributes in the order of the encoding, the most general (often the country) first.

        Raises:
            TLVError: the encoding is broken or holds more attributes than any real name.
        """
        found: list[Attribute] = []
        for relative in tlv.read(self.der).children(0x30):
            for pair in relative.children(0x31):
                found.append(_attribute(pair))
                if len(found) > _MAX_ATTRIBUTES:
                    message = f"A name with more than {_MAX_ATTRIBUTES} attributes"
                    raise TLVError(message, offset=pair.start)
        return tuple(found)

    @Lazy
    def canonical(self) -> bytes:
        """
        A key under which names that verifiers hold equal are equal (RFC 5280 §7.1).

        Case is folded for ASCII and runs of white space are one space, as OpenSSL and Java do; the string type does not count.
        """
        try:
            return _canonical(self.der) if len(self.der) <= _MAX_CACHED else _canonical.__wrapped__(self.der)
        except TLVError:
            return self.der

    @property
    def is_empty(self) -> bool:
        """Whether there is no attribute at all, as in certificates that are named by their subjectAltName alone."""
        return self.der == b"\x30\x00"

    def get(self, dotted: str) -> str | None:
        """Return the last value of an attribute type, the most specific; None where there is none."""
        return next((item.value for item in reversed(self.attributes) if item.oid == dotted), None)

    @property
    def common_name(self) -> str | None:
        """The most specific common name."""
        return self.get(oid.COMMON_NAME)

    @property
    def organization(self) -> str | None:
        """The most specific organization."""
        return self.get(oid.ORGANIZATION)

    @Lazy
    def title(self) -> str:
        """What to call the subject in a line: its common name, else a unit, an organization or the first attribute; printable."""
        try:
            chosen = self.common_name or self.get(oid.ORGANIZATIONAL_UNIT) or self.organization
            if chosen is None and self.attributes:
                chosen = self.attributes[-1].value
        except TLVError:
            return "(a name that cannot be read)"
        return visible(chosen, limit=100) if chosen else "(no name)"

    def __str__(self) -> str:
        """Return the name as in RFC 4514 but in the order of the encoding reversed (most specific first), printable."""
        return self._text

    @Lazy
    def _text(self) -> str:
        try:
            chosen = self.attributes[: -_MAX_SHOWN - 1 : -1]
            left = len(self.attributes) - len(chosen)
        except TLVError:
            return "(a name that cannot be read)"
        parts = [f"{item.label}={_quoted(visible(item.value))}" for item in chosen]
        if left:
            parts.append(f"… ({counted(left, 'more attribute')})")
        return ", ".join(parts) or "(empty)"


def _attribute(pair: tlv.Node) -> Attribute:
    kind, value = _split(pair)
    return Attribute(oid=kind.oid(), value=value.text() if _is_text(value) else "#" + value.raw.hex())


def _split(pair: tlv.Node) -> tuple[tlv.Node, tlv.Node]:
    kind, value, *rest = pair.children(0x30, at_least=2)
    if rest:
        message = "An attribute is not a pair of type and value"
        raise TLVError(message, offset=pair.start)
    return kind, value


def _is_text(value: tlv.Node) -> bool:
    """Tell whether the value is of one of the universal character string types."""
    return value.tag < 0x40 and value.tag & 0x1F in {0x0C, 0x12, 0x13, 0x14, 0x16, 0x1A, 0x1B, 0x1C, 0x1E}  # noqa: PLR2004


def _quoted(value: str) -> str:
    """Quote what separates attributes, so that a value cannot pretend to be two of them; backslashes are doubled already."""
    if not _SEPARATORS.isdisjoint(value) or value != value.strip():
        return '"' + value.replace('"', '\\"') + '"'
    return value


@lru_cache(maxsize=4096)
def _canonical(der: bytes) -> bytes:
    relatives: list[bytes] = []
    for relative in tlv.read(der).children(0x30):
        pairs: list[bytes] = []
        for pair in relative.children(0x31):
            kind, value = _split(pair)
            # Encoded again rather than joined by a separator, which a value could hold.
            folded = tlv.writer.text(_fold(value.text())) if _is_text(value) else value.raw
            pairs.append(tlv.writer.sequence(kind.raw, folded))
        relatives.append(tlv.writer.set_of(*pairs))
    return tlv.writer.sequence(*relatives)


def _fold(text: str) -> str:
    if text.isascii():
        return " ".join(text.split()).lower()
    spaced = " ".join(unicodedata.normalize("NFC", text).split())
    return "".join(chr(ord(letter) + 32) if "A" <= letter <= "Z" else letter for letter in spaced)
