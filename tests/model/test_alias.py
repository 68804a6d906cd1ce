import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anchorkeep.errors import UsageError
from anchorkeep.model import alias
from tests.data import stores

CERTIFICATE = stores.certificate("Corp Root CA 1")
DIGITS = CERTIFICATE.sha256.hex()


@given(st.text())
def test_slug_is_safe(text: str) -> None:
    """A slug of any text is never empty and holds only letters, digits and single hyphens within it."""
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", alias.slug(text))
    assert len(alias.slug(text)) <= 60


def test_slug_keeps_what_can_be_read() -> None:
    """Accents fall, words stay."""
    assert alias.slug("Autorité de Certification R1") == "autorite-de-certification-r1"


def test_default_alias_names_subject_and_fingerprint() -> None:
    """An alias that nobody names tells two certificates of one subject apart."""
    assert alias.default(CERTIFICATE) == f"corp-root-ca-1-{DIGITS[:8]}"
    assert alias.default(CERTIFICATE) != alias.default(stores.certificate("Corp Root CA 1", serial=2))


@given(st.text(max_size=80))
def test_default_alias_is_fit(subject: str) -> None:
    """Whatever a subject is, the alias made from it may be written."""
    assert alias.is_fit(alias.default(stores.certificate(subject.encode("utf-8", "replace").decode())))


@pytest.mark.parametrize("given_alias", ["corp-root", "corp root 1", "büro", "debian:corp.pem", "a\\b", "x" * 1_000])
def test_fit_alias_passes(given_alias: str) -> None:
    """Lower case text that can be seen is an alias, in any script."""
    alias.refuse_unfit(given_alias)
    assert alias.is_fit(given_alias)


@pytest.mark.parametrize(
    ("given_alias", "reason"),
    [
        ("", "empty"),
        (" \t", "empty"),
        ("Corp", "upper case"),
        ("ÄRGER", "upper case"),
        ("root [jdk]", "tells its own roots"),
        ("a\u202eb", "cannot be seen"),
        ("a\nb", "cannot be seen"),
        ("a\x1b[31mb", "cannot be seen"),
        ("a\ud800b", "cannot be seen"),
        ("x" * 1_001, "at most 1,000"),
    ],
)
def test_unfit_alias_is_refused(given_alias: str, reason: str) -> None:
    """An alias that Java does not find or takes for its own, or that nobody can see, is refused in a line that can be printed."""
    with pytest.raises(UsageError, match=reason) as caught:
        alias.refuse_unfit(given_alias)
    assert str(caught.value).isprintable()
    assert not alias.is_fit(given_alias)


def test_wanted_alias_is_kept_in_lower_case() -> None:
    """An alias that is free is kept, as Java looks it up."""
    assert alias.free(CERTIFICATE, taken=(), wanted="Corp") == "corp"


@pytest.mark.parametrize("wanted", ["corp", "Corp", None, "a\nb", ""])
def test_alias_that_cannot_be_kept_is_made(wanted: str | None) -> None:
    """Where the wanted alias is taken, unfit or missing, one is made from the certificate."""
    assert alias.free(CERTIFICATE, taken={"corp"}, wanted=wanted) == alias.default(CERTIFICATE)


def test_alias_is_free_whatever_is_taken() -> None:
    """Somebody who takes the aliases that would be made beforehand cannot hide a certificate behind them."""
    taken: set[str] = set()
    for _ in range(5):
        made = alias.free(CERTIFICATE, taken=taken)
        assert made not in taken
        taken.add(made)
    assert f"corp-root-ca-1-{DIGITS}" in taken


def test_entry_without_certificate_gets_an_alias() -> None:
    """A key without certificates is called a key, each by another name."""
    assert alias.free(None, taken=()) == "key"
    assert alias.free(None, taken={"key"}) == "key-2"
