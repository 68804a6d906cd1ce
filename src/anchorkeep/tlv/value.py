"""
What a node's content says: object identifiers, character strings and times, in DER and as BER allows them.

Errors are ValueError (or OverflowError for a time beyond the calendar), for the reader alone knows at which byte the node stands.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache

#: Arcs and octets of an object identifier; OpenSSL and Java stop at 4 KiB, real ones stay below 64 octets.
_MAX_OID_OCTETS = 1024

# X.690 §8.23: how each string type holds its characters. T61String is read as Latin-1, as OpenSSL and Java do.
_TEXT_ENCODINGS = {
    0x0C: "utf-8",
    0x12: "ascii",
    0x13: "ascii",
    0x14: "latin-1",
    0x16: "ascii",
    0x1A: "ascii",
    0x1B: "latin-1",
    0x1C: "utf-32-be",
    0x1E: "utf-16-be",
}


@lru_cache(maxsize=1024)
def dotted(content: bytes) -> str:
    """Return an object identifier in dotted form (X.690 §8.19); refuse one that is empty, unfinished, too long or padded."""
    if not content or content[-1] & 0x80 or len(content) > _MAX_OID_OCTETS:
        message = "An OBJECT IDENTIFIER is empty, unfinished or too long"
        raise ValueError(message)
    arcs: list[int] = []
    value = 0
    for position, octet in enumerate(content):
        # X.690 §8.19.2. Padded, one identifier would have many encodings, of which others refuse all but one.
        if octet == 0x80 and (position == 0 or not content[position - 1] & 0x80):  # noqa: PLR2004
            message = "An OBJECT IDENTIFIER has a padded number"
            raise ValueError(message)
        value = value << 7 | octet & 0x7F
        if not octet & 0x80:
            arcs.append(value)
            value = 0
    first = min(arcs[0] // 40, 2)
    return ".".join(map(str, (first, arcs[0] - 40 * first, *arcs[1:])))


def text(octets: bytes, *, tag: int) -> str:
    """Return the characters of a string type, given without the bit of constructed ones; U+FFFD for octets of no character."""
    return octets.decode(_TEXT_ENCODINGS.get(tag, "latin-1"), errors="replace")


def moment(text: str, *, short_year: bool) -> datetime:
    """Return a time in UTC; `short_year` where its year has two digits (RFC 5280 §4.1.2.5)."""
    if len(text) == 13 and short_year and text[12] == "Z" and text[:12].isdigit():  # noqa: PLR2004 (the form of DER: YYMMDDHHMMSSZ)
        year = int(text[:2])
        year += 1900 if year >= 50 else 2000  # noqa: PLR2004 (as below)
        day, clock = (int(text[2:4]), int(text[4:6])), (int(text[6:8]), int(text[8:10]), int(text[10:12]))
        return datetime(year, *day, *clock, tzinfo=UTC)
    body, sign, zone = _split_zone(text)
    body, _, fraction = body.partition(".")
    year_digits = 2 if short_year else 4
    digits = body[year_digits:]
    if not body.isdigit() or len(digits) not in {8, 10} or (fraction and not fraction.isdigit()):
        raise ValueError
    year = int(body[:year_digits])
    if short_year:  # RFC 5280 §4.1.2.5.1: 50 to 99 are of the twentieth century
        year += 1900 if year >= 50 else 2000  # noqa: PLR2004
    fields = [int(digits[index : index + 2] or "0") for index in range(0, 10, 2)]
    moment = datetime(year, fields[0], fields[1], fields[2], fields[3], fields[4], tzinfo=UTC)
    if zone:
        offset = timedelta(hours=int(zone[:2]), minutes=int(zone[2:]))
        moment = moment - offset if sign == "+" else moment + offset
    return moment


def _split_zone(text: str) -> tuple[str, str, str]:
    if text.endswith("Z"):
        return text[:-1], "", ""
    if len(text) > 5 and text[-5] in "+-" and text[-4:].isdigit():  # noqa: PLR2004 (X.680 §46.3: an offset is +hhmm)
        return text[:-5], text[-5], text[-4:]
    return text, "", ""
