import pytest
from hypothesis import given
from hypothesis import strategies as st

from anchorkeep.observe import opening


@pytest.mark.parametrize("data", [b"", b"\x16", b"\x15", b"\x16\x03", b"\x16\x03\x03\x00\x7a", b"\x15\x03\x01\x00\x02"])
def test_opening_that_may_be_tls(data: bytes) -> None:
    """What begins as TLS does, or may still, is not called something else."""
    assert opening.recognize(data) is None


@pytest.mark.parametrize("data", [b"\x16\x02\x03", b"\x17\x03\x03", b"\x80\x2e\x01", b"4\x00\x00\x00\x0a8.0.36\x00"])
def test_opening_that_is_binary(data: bytes) -> None:
    """What begins neither as TLS nor as text is garbage, shown in hexadecimal."""
    told = opening.recognize(data)
    assert told is not None
    assert (told.reason, data[:16].hex(" ") in told.message) == ("garbage", True)


@given(st.binary(max_size=300))
def test_any_opening_is_told_on_one_harmless_line(data: bytes) -> None:
    """Whatever a server begins with, what is said about it is one printable line of bounded length."""
    told = opening.recognize(data)
    if told is not None:
        assert told.message.isprintable()
        assert len(told.message) < 400


@given(st.text(max_size=300))
def test_any_text_is_told_on_one_harmless_line(words: str) -> None:
    """Whatever text a server begins with, what is said about it is one printable line."""
    told = opening.recognize(words.encode("utf-8", "surrogatepass"))
    assert told is None or told.message.isprintable()


def test_character_that_is_cut_off_is_no_binary() -> None:
    """Text whose last character has not come whole is text all the same."""
    told = opening.recognize("gr\u00fc\u00df Gott".encode()[:4])
    whole = opening.recognize("12345 \u00df".encode()[:-1])
    assert [found.reason for found in (told, whole) if found] == ["garbage", "not-tls"]
