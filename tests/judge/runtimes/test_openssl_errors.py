import pytest

from anchorkeep.judge.runtimes import openssl_errors
from anchorkeep.model.verdict import Kind


@pytest.mark.parametrize(
    ("number", "kind"), [(20, Kind.UNKNOWN_ISSUER), (10, Kind.EXPIRED), (79, Kind.NOT_A_CA), (47, Kind.NAME_CONSTRAINT)]
)
def test_error_has_a_kind(number: int, kind: Kind) -> None:
    """An error that OpenSSL knows by number has a kind and a sentence."""
    assert openssl_errors.meaning(number)[0] is kind


def test_unknown_error_is_named_by_its_number() -> None:
    """An error that is not known here is a refusal all the same, with its number."""
    assert openssl_errors.meaning(4711) == (Kind.PROFILE, "OpenSSL refuses it with the verification error 4711")
