import errno
import socket

import pytest

from anchorkeep.model.chain import Failure, Stage
from anchorkeep.model.endpoint import Address
from anchorkeep.observe import alert, failure, opening

#: ERR_LIB_SSL, and the first reason that stands for an alert (SSL_AD_REASON_OFFSET).
SSL_LIBRARY, ALERT_REASONS = 20, 1000
HERE = Address(host="192.0.2.1", port=443)
THERE = Address(host="2001:db8::1", port=443)


def test_name_that_is_not_known() -> None:
    """A resolver that knows no such name is told from one that could not be asked."""
    unknown = failure.resolution("x.test", socket.gaierror(socket.EAI_NONAME, "any words"))
    unreached = failure.resolution("x.test", socket.gaierror(socket.EAI_AGAIN, "any words"))
    assert [unknown.reason, unreached.reason] == ["name-not-found", "resolver-failed"]
    assert "EAI_AGAIN" in unreached.message


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        (errno.ECONNREFUSED, "refused"),
        (errno.ECONNRESET, "reset"),
        (errno.ETIMEDOUT, "timeout"),
        (errno.EHOSTUNREACH, "unreachable"),
        (errno.ENETUNREACH, "unreachable"),
        (errno.EACCES, "unreachable"),
    ],
)
def test_error_of_a_connection(number: int, reason: str) -> None:
    """Each error number of connect has its reason."""
    told = failure.connection([(HERE, OSError(number, "any words"))])
    assert (told.stage, told.reason) == (Stage.CONNECT, reason)


def test_most_telling_error_names_the_failure() -> None:
    """Where addresses fail in different ways, the one that tells most names the failure, and all are told."""
    told = failure.connection([(THERE, OSError(errno.ENETUNREACH, "")), (HERE, OSError(errno.ECONNREFUSED, ""))])
    assert told.reason == "refused"
    assert "[2001:db8::1]:443 cannot be reached (ENETUNREACH), 192.0.2.1:443 refused" in told.message


def test_many_addresses_are_counted() -> None:
    """Of many addresses some are shown and the others counted."""
    told = failure.connection([(HERE, OSError(errno.ECONNREFUSED, ""))] * 9)
    assert "and 5 more" in told.message


@pytest.mark.parametrize(
    "told",
    [
        failure.resolution("x.test", socket.gaierror(socket.EAI_NONAME, "")),
        failure.resolution("x.test", UnicodeError()),
        failure.resolution_timeout("x.test", 1),
        failure.connection([(HERE, OSError(errno.ECONNREFUSED, ""))]),
        failure.connect_timeout(1, [], waiting=[HERE]),
        opening.recognize(b"HTTP/1.1"),
        opening.recognize(b"\xff"),
        alert.received(40, is_certificate_requested=False),
        alert.received(40, is_certificate_requested=True),
        alert.received(70, is_certificate_requested=False),
        alert.raised([], has_server_hello=False),
        alert.raised([("SSL routines", "", "excessive message size")], has_server_hello=True),
        alert.raised([("SSL routines", "", "unsupported protocol")], has_server_hello=False),
        alert.raised([("asn1 encoding routines", "", "wrong tag")], has_server_hello=True),
        failure.closed(received=0),
        failure.reset(),
        failure.handshake_timeout(1, received=1),
        failure.too_much_data(1024),
    ],
    ids=lambda told: f"{told.stage}-{told.reason}",
)
def test_failure_is_a_sentence_with_a_remedy(told: Failure) -> None:
    """Every failure has a sentence and a remedy, both printable and ended."""
    assert all(words.isprintable() and words[-1] in '."' for words in (told.message, told.remedy))
