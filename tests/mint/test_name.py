import pytest

from anchorkeep.errors import UsageError
from anchorkeep.mint import name


def test_attributes_keep_their_order() -> None:
    """The pairs stand in the name in the order given, each in its own relative name."""
    built = name.build(("C", "DE"), ("O", "Acme, Inc."), ("2.5.4.3", "Zürich"))
    assert [(item.label, item.value) for item in built.attributes] == [
        ("C", "DE"),
        ("O", "Acme, Inc."),
        ("CN", "Zürich"),
    ]


def test_string_types_are_the_standards() -> None:
    """A country is a PrintableString, a domain component an IA5String, all else UTF-8 (RFC 5280 A.1)."""
    assert b"\x13\x02DE" in name.build(("C", "DE")).der
    assert b"\x16\x04test" in name.build(("DC", "test")).der
    assert b"\x0c\x04test" in name.build(("CN", "test")).der


def test_text_that_does_not_fit_its_type_is_utf8() -> None:
    """A country with a line feed is written as UTF-8 rather than as a PrintableString it cannot be."""
    assert b"\x0c\x03D\nE" in name.build(("C", "D\nE")).der


def test_unknown_attribute_is_refused() -> None:
    """A short name that no attribute type has is an error that lists those there are."""
    with pytest.raises(UsageError, match="Known are CN"):
        name.build(("NOPE", "x"))
