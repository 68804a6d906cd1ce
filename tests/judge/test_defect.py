from anchorkeep.errors import CertificateError
from anchorkeep.judge import defect


def test_what_stopped_the_rules_is_told() -> None:
    """The finding says what the error said, with its remedy."""
    (finding,) = defect.inspect(CertificateError("A field cannot be read.", remedy="Ask the issuer."))
    assert finding.message.endswith("A field cannot be read.")
    assert finding.remedy == "Ask the issuer."


def test_without_an_error_nothing_is_told() -> None:
    """Where the rules could be applied there is no finding."""
    assert defect.inspect(None) == ()
