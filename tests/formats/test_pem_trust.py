import pytest

from anchorkeep.formats import limits, pem_trust
from anchorkeep.tlv import writer

SERVERS, CLIENTS, ANY = (writer.oid(dotted) for dotted in ("1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2", "2.5.29.37.0"))
KEY_ID, OTHER = writer.octet_string(b"id"), writer.encode(0xA1, writer.NULL)
BROKEN = (b"", b"\x30", b"\x30\x02\x0c", writer.NULL)


def rejecting(*purposes: bytes) -> bytes:
    """Return the list of purposes for which a certificate is rejected."""
    return writer.encode(0xA0, *purposes)


def test_a_name_takes_the_place_of_another() -> None:
    """Another name stands behind the purposes and before all else, whose octets stay; without one it is gone."""
    before, behind = (writer.sequence(CLIENTS), rejecting(ANY)), (KEY_ID, OTHER)
    old, new, none = (writer.sequence(*before, *name, *behind) for name in ([writer.text("old")], [writer.text("neu-ü")], []))
    assert (pem_trust.alias(old), pem_trust.alias(none)) == ("old", None)
    assert [pem_trust.renamed(old, name) for name in ("neu-ü", None)] == [new, none]
    assert pem_trust.renamed(none, "neu-ü") == new


@pytest.mark.parametrize("trust", BROKEN)
def test_a_broken_one_is_kept_and_no_trust(trust: bytes) -> None:
    """What cannot be read has no name and lists nothing, stays as it stands, and vouches for nothing."""
    assert (pem_trust.alias(trust), pem_trust.has_purposes(trust), pem_trust.renamed(trust, "new")) == (None, False, trust)
    assert pem_trust.is_distrusted(trust)


def test_a_long_name_is_cut_off() -> None:
    """A name is read up to the bound of aliases."""
    assert pem_trust.alias(writer.sequence(writer.text("x" * (limits.MAX_ALIAS + 1)))) == "x" * limits.MAX_ALIAS


@pytest.mark.parametrize(
    ("lists", "is_distrusted"),
    [
        ([], False),
        ([writer.sequence(SERVERS, CLIENTS)], False),
        ([writer.sequence(ANY)], False),
        ([rejecting(CLIENTS)], False),
        ([writer.sequence(CLIENTS)], True),
        ([writer.sequence()], True),
        ([rejecting(SERVERS)], True),
        ([writer.sequence(SERVERS), rejecting(ANY)], True),
        ([writer.sequence(SERVERS), writer.sequence(CLIENTS)], True),
        ([writer.sequence(writer.NULL)], True),
    ],
)
def test_purposes_speak_for_servers_or_against(lists: list[bytes], is_distrusted: bool) -> None:  # noqa: FBT001
    """A list without TLS servers, one that rejects them, a second or a broken one distrusts; the others do not."""
    trust = writer.sequence(*lists, writer.text("name"))
    assert (pem_trust.is_distrusted(trust), pem_trust.has_purposes(trust)) == (is_distrusted, bool(lists))
