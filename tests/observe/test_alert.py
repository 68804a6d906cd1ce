import pytest
from OpenSSL import SSL
from OpenSSL._util import lib, text

from anchorkeep.observe import alert

#: ERR_LIB_ASN1, ERR_LIB_SSL, and the first reason that stands for an alert (SSL_AD_REASON_OFFSET).
ASN1_LIBRARY, SSL_LIBRARY, ALERT_REASONS = 13, 20, 1000


def reason_of(number: int) -> str:
    """Return OpenSSL's own string of one of its reasons, empty where it has none."""
    SSL.Context(SSL.TLS_CLIENT_METHOD)
    return str(text(lib.ERR_reason_error_string(SSL_LIBRARY << 23 | number)))


def test_every_alert_openssl_knows_has_its_name() -> None:
    """Every alert for which OpenSSL has a reason has a name here, made of the same words."""
    known = {number: reason_of(ALERT_REASONS + number) for number in range(256)}
    spelled = {"cancelled": "canceled", "psk_identity": "psk_identity"}
    for number, reason in known.items():
        if reason:
            words = alert.ALERTS[number].replace("_", " ")
            for theirs, ours in spelled.items():
                reason = reason.replace(theirs, ours)  # noqa: PLW2901 (the same reason, spelled as the standard does)
            assert reason.endswith(words)


@pytest.mark.parametrize("reason", ["excessive message size", "unsupported protocol", "version too low"])
def test_reasons_branched_on_exist(reason: str) -> None:
    """A reason string that is branched on is one that this OpenSSL has."""
    assert reason in {reason_of(number) for number in range(100, ALERT_REASONS)}


@pytest.mark.parametrize("number", [40, 42, 49, 116])
def test_missing_client_certificate(number: int) -> None:
    """An alert of refusal after a request for a client certificate is told as its demand."""
    told = alert.received(number, is_certificate_requested=True)
    assert (told.reason, alert.ALERTS[number] in told.message) == ("client-certificate-required", True)


def test_other_alert_of_a_server_that_asked() -> None:
    """An alert about something else is not blamed on the client certificate."""
    assert alert.received(80, is_certificate_requested=True).reason == "alert"


def test_unknown_alert_has_its_number() -> None:
    """An alert that no standard names is told by its number."""
    assert "200" in alert.received(200, is_certificate_requested=False).message


def test_library_branched_on_exists() -> None:
    """The library whose errors are those of a certificate has the name that is branched on."""
    errors = [(str(text(lib.ERR_lib_error_string(ASN1_LIBRARY << 23))), "", "wrong tag")]
    assert alert.raised(errors, has_server_hello=True).reason == "certificate-unreadable"


def test_errors_before_the_server_hello_are_no_certificate() -> None:
    """What is read before any certificate is not told as one."""
    errors = [("asn1 encoding routines", "", "wrong tag"), ("SSL routines", "", "excessive message size")]
    assert alert.raised(errors, has_server_hello=False).reason == "protocol-error"


@pytest.mark.parametrize("number", [40, 42, 43, 44, 45, 46, 48, 49, 51, 116])
def test_client_certificate_that_is_not_taken(number: int) -> None:
    """An alert about a client certificate that was there is told as its refusal."""
    told = alert.received(number, is_certificate_requested=True, has_certificate=True)
    assert (told.reason, alert.ALERTS[number] in told.message) == ("client-certificate-refused", True)


def test_client_certificate_that_nobody_asked_for() -> None:
    """A certificate that was not asked for is not blamed."""
    assert alert.received(40, is_certificate_requested=False, has_certificate=True).reason == "alert"


def test_versions_that_were_offered_are_told() -> None:
    """A server that speaks none of the versions offered is told which they were."""
    assert "TLSv1.3 (" in alert.received(70, is_certificate_requested=False, offered="TLSv1.3").message
