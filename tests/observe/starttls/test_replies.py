import pytest

from tests.peers.dialogues import failure, is_open, play, reason

GREETING = "S: 220 mail.test ESMTP\nC: EHLO anchorkeep.invalid\n"
OFFER = GREETING + "S: 250-mail.test\nS: 250 STARTTLS\nC: STARTTLS\n"


def test_dialogue_of_rfc_3207() -> None:
    """The dialogue that RFC 3207 §6 prints ends with the go-ahead."""
    script = """
        S: 220 mail.imc.org SMTP service ready
        C: EHLO anchorkeep.invalid
        S: 250-mail.imc.org offers a warm hug of welcome
        S: 250-8BITMIME
        S: 250-STARTTLS
        S: 250 DSN
        C: STARTTLS
        S: 220 Go ahead
    """
    assert is_open(play("smtp", script))


def test_lmtp_says_lhlo() -> None:
    """In LMTP the client says LHLO where it says EHLO in SMTP (RFC 2033 §4.1)."""
    script = "S: 220 x LMTP\nC: LHLO anchorkeep.invalid\nS: 250-x\nS: 250 starttls\nC: STARTTLS\nS: 220 2.0.0 go"
    assert is_open(play("lmtp", script))


def test_smtp_greeting_of_many_lines() -> None:
    """A greeting may have many lines, and a reply may be a code alone."""
    script = "S: 220-one\nS: 220-two\nS: 220\nC: EHLO anchorkeep.invalid\nS: 250-x\nS: 250-STARTTLS\nS: 250\nC: STARTTLS\nS: 220"
    assert is_open(play("smtp", script))


@pytest.mark.parametrize(
    "rest",
    [
        "S: 250-mail.test\nS: 250-SIZE 1000\nS: 250 XSTARTTLS",
        "S: 250-STARTTLS greets you\nS: 250 SIZE",
        "S: 250 STARTTLS",
        "S: 502 5.5.1 Unknown command",
        "S: 550 STARTTLS",
    ],
)
def test_smtp_without_starttls(rest: str) -> None:
    """A server whose extensions lack STARTTLS, whatever its greeting line says, or that has none, does not offer it."""
    assert reason("smtp", GREETING + rest) == "starttls-not-offered"


@pytest.mark.parametrize(
    "answer", ["454 TLS not available due to temporary reason", "501 Syntax error (no parameters allowed)", "530 no"]
)
def test_smtp_refusals_of_rfc_3207(answer: str) -> None:
    """The refusals of RFC 3207 §4 are told with the server's words and a remedy."""
    found = failure("smtp", f"{OFFER}S: {answer}")
    assert (found.reason, answer in found.message, bool(found.remedy)) == ("starttls-refused", True, True)


@pytest.mark.parametrize("greeting", ["554 No SMTP service here", "421 4.3.2 Too busy", "521 no mail"])
def test_smtp_turns_client_away(greeting: str) -> None:
    """A negative greeting is a service that is not available (RFC 5321 §3.1)."""
    assert reason("smtp", f"S: {greeting}") == "service-unavailable"


@pytest.mark.parametrize("line", ["hello", "2200 x", "22 x", "220x", "999 x", "250 x"])
def test_smtp_without_a_reply(line: str) -> None:
    """A line that is no reply, or not one that may stand there, is an error of the protocol."""
    assert reason("smtp", f"S: {line}") == "starttls-protocol-error"


def test_smtp_code_that_changes() -> None:
    """A reply whose lines have different codes is an error (RFC 5321 §4.2.1)."""
    assert reason("smtp", f"{GREETING}S: 250-mail.test\nS: 251 STARTTLS") == "starttls-protocol-error"


def test_smtp_go_ahead_with_another_code() -> None:
    """Only 220 lets TLS begin: 250 does not."""
    assert reason("smtp", f"{OFFER}S: 250 fine") == "starttls-protocol-error"


def test_ftp_dialogue() -> None:
    """The dialogue of RFC 4217 §12.1: AUTH TLS, then 234; lines within a reply may be anything (RFC 959 §4.2)."""
    script = "S: 220-Welcome\nS: anything at all\nS: 250 not the end\nS: 220 ready\nC: AUTH TLS\nS: 234 Proceed with negotiation."
    assert is_open(play("ftp", script))


def test_ftp_service_that_is_ready_soon() -> None:
    """After 120 the greeting follows (RFC 959 §5.4)."""
    assert is_open(play("ftp", "S: 120 ready in 1 minute\nS: 220 ready\nC: AUTH TLS\nS: 234 go"))


@pytest.mark.parametrize("code", ["500", "502", "504", "530"])
def test_ftp_without_tls(code: str) -> None:
    """A server that does not know AUTH TLS does not offer it."""
    assert reason("ftp", f"S: 220 ready\nC: AUTH TLS\nS: {code} no") == "starttls-not-offered"


@pytest.mark.parametrize(("answer", "expected"), [("431 no", "starttls-refused"), ("200 ok", "starttls-protocol-error")])
def test_ftp_refusals(answer: str, expected: str) -> None:
    """431 "need some unavailable resource" is a refusal (RFC 2228 §3); a positive reply that is not 234 is an error."""
    assert reason("ftp", f"S: 220 ready\nC: AUTH TLS\nS: {answer}") == expected


@pytest.mark.parametrize("greeting", ["421 busy", "530 not you"])
def test_ftp_turns_client_away(greeting: str) -> None:
    """A negative greeting is a service that is not available."""
    assert reason("ftp", f"S: {greeting}") == "service-unavailable"


NEWS = "S: 200 news.test ready\nC: CAPABILITIES\n"


def test_dialogue_of_rfc_4642() -> None:
    """The dialogue that RFC 4642 §2.2.3 prints ends with the go-ahead."""
    script = """
        S: 200 NNTP Service available, posting allowed
        C: CAPABILITIES
        S: 101 Capability list:
        S: VERSION 2
        S: READER
        S: IHAVE
        S: STARTTLS
        S: LIST ACTIVE NEWSGROUPS
        S: .
        C: STARTTLS
        S: 382 Continue with TLS negotiation
    """
    assert is_open(play("nntp", script))


def test_nntp_without_posting() -> None:
    """A server that forbids posting greets with 201, and offers TLS like any other."""
    assert is_open(play("nntp", "S: 201 x\nC: CAPABILITIES\nS: 101 x\nS: STARTTLS\nS: .\nC: STARTTLS\nS: 382 x"))


@pytest.mark.parametrize("rest", ["S: 101 list\nS: VERSION 2\nS: LIST STARTTLS\nS: .", "S: 500 What?", "S: 480 log in first"])
def test_nntp_without_starttls(rest: str) -> None:
    """A server whose capabilities lack STARTTLS, or that has no list of them, does not offer it."""
    assert reason("nntp", NEWS + rest) == "starttls-not-offered"


@pytest.mark.parametrize("answer", ["580 Can not initiate TLS negotiation", "502 Command unavailable"])
def test_nntp_refusals_of_rfc_4642(answer: str) -> None:
    """The refusals of RFC 4642 §2.2.1 are told with the server's words."""
    found = failure("nntp", f"{NEWS}S: 101 list\nS: STARTTLS\nS: .\nC: STARTTLS\nS: {answer}")
    assert (found.reason, answer in found.message) == ("starttls-refused", True)


@pytest.mark.parametrize("greeting", ["400 later", "502 never"])
def test_nntp_turns_client_away(greeting: str) -> None:
    """The negative greetings of RFC 3977 §5.1.1 are a service that is not available."""
    assert reason("nntp", f"S: {greeting}") == "service-unavailable"
