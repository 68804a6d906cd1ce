import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from anchorkeep.errors import TLVError
from anchorkeep.model.name import Name
from anchorkeep.tlv import writer
from tests.peers.samples import name

CN, O, OU = "2.5.4.3", "2.5.4.10", "2.5.4.11"  # noqa: E741 (the short names of RFC 4514)
EMPTY = Name(b"\x30\0")
TEXTS = st.text(st.sampled_from("aAbB é\u0301É\0,+=#\t"), max_size=8)


def common(value: str, tag: int = 0x0C) -> Name:
    """Return a name of one common name."""
    return name(((CN, writer.text(value, tag)),))


def test_attributes_are_in_the_order_of_the_encoding() -> None:
    """Attributes are read with their type and text, in the order they stand in."""
    given_name = name(((O, writer.text("Example")),), ((CN, writer.text("a")), (OU, writer.text("b"))))
    assert [(item.label, item.value) for item in given_name.attributes] == [("O", "Example"), ("CN", "a"), ("OU", "b")]


def test_unknown_type_is_dotted() -> None:
    """An attribute type without a short name is written dotted."""
    assert str(name((("1.2.3.4", writer.text("a")),))) == "1.2.3.4=a"


def test_value_that_is_no_text_is_hex() -> None:
    """A value that is no character string is shown as the hex of its encoding."""
    assert str(name(((CN, writer.octet_string(b"\xff")),))) == "CN=#0401ff"


def test_most_specific_value_wins() -> None:
    """Of several common names the last, the most specific, is the one asked for."""
    given_name = name(((CN, writer.text("outer")),), ((CN, writer.text("inner")),))
    assert (given_name.common_name, given_name.organization) == ("inner", None)


@pytest.mark.parametrize(
    ("given_name", "title"),
    [
        (common("Example CA"), "Example CA"),
        (name(((O, writer.text("Org")),), ((OU, writer.text("Unit")),)), "Unit"),
        (name(((O, writer.text("Org")),)), "Org"),
        (name((("2.5.4.6", writer.text("DE")),)), "DE"),
        (common(""), "(no name)"),
        (EMPTY, "(no name)"),
        (common("a\nb"), "a\\nb"),
        (Name(b"\x30\x01"), "(a name that cannot be read)"),
    ],
)
def test_title(given_name: Name, title: str) -> None:
    """A name is called by its common name, else unit, organization or what there is; always printable."""
    assert given_name.title == title


def test_long_title_is_cut() -> None:
    """A title of 300 characters is cut, and says so."""
    assert common("a" * 300).title == "a" * 100 + "… (200 more characters)"


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("Example", "CN=Example"),
        ("Example, Inc.", 'CN="Example, Inc."'),
        ('a"b', 'CN="a\\"b"'),
        ("a, O=b", 'CN="a, O=b"'),
        (" a", 'CN=" a"'),
        ("a\\", "CN=a\\\\"),
        ("a\n\x1b[31m", "CN=a\\n\\x1b[31m"),
    ],
)
def test_value_cannot_pretend_to_be_two(value: str, written: str) -> None:
    """What separates attributes is quoted within a value, and what is not printable is escaped."""
    assert str(common(value)) == written


@given(
    st.lists(st.tuples(st.sampled_from([CN, O]), TEXTS), max_size=3),
    st.lists(st.tuples(st.sampled_from([CN, O]), TEXTS), max_size=3),
)
def test_different_names_are_written_differently(one: list[tuple[str, str]], other: list[tuple[str, str]]) -> None:
    """Names of different attributes never look the same."""
    names = [name(*(((kind, writer.text(value)),) for kind, value in pairs)) for pairs in (one, other)]
    assert (str(names[0]) == str(names[1])) == (one == other)


def test_name_is_written_most_specific_first() -> None:
    """A name is written with the most specific attribute first, the reverse of the encoding (RFC 4514 §2.1)."""
    assert str(name(((O, writer.text("b")),), ((CN, writer.text("a")),))) == "CN=a, O=b"
    assert str(EMPTY) == "(empty)"
    assert str(Name(b"\x30\x01")) == "(a name that cannot be read)"


def test_endless_name_is_cut() -> None:
    """A name of 2,000 attributes is read whole and written with the 32 most specific."""
    given_name = name(*(((CN, writer.text(f"n{number}")),) for number in range(2_000)))
    assert len(given_name.attributes) == 2_000
    assert str(given_name).startswith("CN=n1999, CN=n1998, ")
    assert str(given_name).endswith("CN=n1968, … (1,968 more attributes)")


def test_name_beyond_any_is_refused() -> None:
    """A name of 4,097 attributes is refused by the reader, and is compared by its bytes."""
    given_name = name(*(((CN, writer.text("n")),) for _ in range(4_097)))
    with pytest.raises(TLVError, match="more than 4096 attributes"):
        _ = given_name.attributes
    assert str(given_name) == "(a name that cannot be read)"


@pytest.mark.parametrize(
    "der",
    [
        b"",
        b"\x31\0",
        writer.sequence(writer.sequence()),
        writer.sequence(writer.set_of(writer.sequence(writer.oid(CN)))),
        writer.sequence(writer.set_of(writer.sequence(writer.oid(CN), writer.NULL, writer.NULL))),
        writer.sequence(writer.set_of(writer.sequence(writer.NULL, writer.NULL))),
    ],
)
def test_broken_name_is_refused(der: bytes) -> None:
    """A name that is no sequence of sets of pairs is refused, and is canonical as it stands."""
    with pytest.raises(TLVError):
        _ = Name(der).attributes
    assert Name(der).canonical in {der, writer.sequence(writer.set_of(writer.sequence(writer.NULL, b"\x05\0")))}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (common("Example CA"), common("EXAMPLE ca")),
        (common("Example CA"), common("  Example \t CA ")),
        (common("Example CA"), common("Example CA", 0x13)),
        (common("é"), common("e\u0301")),
        (
            name(((CN, writer.text("a")), (O, writer.text("b")))),
            Name(
                writer.sequence(
                    writer.encode(
                        0x31,
                        *reversed(
                            [writer.sequence(writer.oid(CN), writer.text("a")), writer.sequence(writer.oid(O), writer.text("b"))]
                        ),
                    )
                )
            ),
        ),
    ],
)
def test_names_that_verifiers_hold_equal_are_equal(one: Name, other: Name) -> None:
    """Case, runs of white space, string type and the order within a set do not tell names apart; their bytes do."""
    assert one.canonical == other.canonical
    assert one != other


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (common("a"), common("b")),
        (common("a"), name(((O, writer.text("a")),))),
        (common("a\0,2.5.4.3=b"), name(((CN, writer.text("a")),), ((CN, writer.text("b")),))),
        (name(((CN, writer.text("a")),), ((O, writer.text("b")),)), name(((CN, writer.text("a")), (O, writer.text("b"))))),
        (common("#0401ff"), name(((CN, writer.octet_string(b"\xff")),))),
        (common("É"), common("é")),
        (common("a" * 5_000), common("a" * 5_001)),
        (EMPTY, common("")),
    ],
)
def test_names_that_differ_stay_different(one: Name, other: Name) -> None:
    """No separator within a value, no hex that looks like one and no letter outside ASCII makes two names one."""
    assert one.canonical != other.canonical


@given(st.lists(st.lists(st.tuples(st.sampled_from([CN, O]), TEXTS), min_size=1, max_size=3), max_size=3))
def test_canonical_form_is_canonical(relatives: list[list[tuple[str, str]]]) -> None:
    """The canonical form is itself a name, whose canonical form it is."""
    canonical = name(*(tuple((kind, writer.text(value)) for kind, value in pairs) for pairs in relatives)).canonical
    assert Name(canonical).canonical == canonical


def test_emptiness_is_told() -> None:
    """A name without attributes is empty, one with an empty attribute is not."""
    assert EMPTY.is_empty
    assert not common("").is_empty


def test_name_of_cryptography_is_read() -> None:
    """A name that `cryptography` wrote, with each of its string types, is read as it was meant."""
    from cryptography.x509.name import _ASN1Type as Type

    types = [Type.UTF8String, Type.PrintableString, Type.IA5String, Type.T61String, Type.BMPString]
    theirs = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Example CA", kind) for kind in types])
    assert [item.value for item in Name(theirs.public_bytes()).attributes if item.oid == CN][:3] == ["Example CA"] * 3
