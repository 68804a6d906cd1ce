import pytest

from tests.peers.dialogues import answered, failure, is_open, play, reason

IMAP = "S: * OK ready\nC: a001 CAPABILITY\n"
IMAP_OFFER = IMAP + "S: * CAPABILITY IMAP4rev1 STARTTLS\nS: a001 OK done\nC: a002 STARTTLS\n"
SIEVE = """
S: "IMPLEMENTATION" "Example1 ManageSieved v001"
S: "VERSION" "1.0"
S: "SASL" "PLAIN SCRAM-SHA-1 GSSAPI"
S: "SIEVE" "fileinto vacation"
"""


def test_dialogue_of_rfc_9051() -> None:
    """The dialogue that RFC 9051 §6.2.1 prints, with a greeting before it, ends with the go-ahead."""
    script = """
        S: * OK IMAP4rev2 server ready
        C: a001 CAPABILITY
        S: * CAPABILITY IMAP4rev2 STARTTLS LOGINDISABLED
        S: a001 OK CAPABILITY completed
        C: a002 STARTTLS
        S: a002 OK Begin TLS negotiation now
    """
    assert is_open(play("imap", script))


def test_imap_with_other_responses_between() -> None:
    """Responses that nobody asked for may stand anywhere; case does not matter."""
    script = "S: * ok [CAPABILITY IMAP4rev1] hello\nC: a001 CAPABILITY\nS: * 3 EXISTS\nS: * capability imap4rev1 starttls\n"
    assert is_open(play("imap", f"{script}S: a001 ok\nC: a002 STARTTLS\nS: * OK still here\nS: a002 OK go"))


@pytest.mark.parametrize("line", ["* CAPABILITY IMAP4rev1 LOGINDISABLED", "* OK [CAPABILITY STARTTLS]", "* CAPABILITY XSTARTTLS"])
def test_imap_without_starttls(line: str) -> None:
    """A server whose capabilities lack STARTTLS does not offer it."""
    assert reason("imap", f"{IMAP}S: {line}\nS: a001 OK done") == "starttls-not-offered"


def test_imap_that_is_authenticated() -> None:
    """PREAUTH, in which no TLS can begin, is refused rather than followed (CVE-2020-12398)."""
    assert reason("imap", "S: * PREAUTH welcome") == "starttls-not-offered"


@pytest.mark.parametrize("status", ["NO", "BAD"])
def test_imap_refusals(status: str) -> None:
    """NO and BAD are refusals, told with the server's words."""
    found = failure("imap", f"{IMAP_OFFER}S: a002 {status} certificate unreadable")
    assert (found.reason, "certificate unreadable" in found.message) == ("starttls-refused", True)


@pytest.mark.parametrize("script", ["S: * BYE too busy", f"{IMAP}S: * BYE shutting down"])
def test_imap_says_goodbye(script: str) -> None:
    """BYE is a service that is not available (RFC 9051 §7.1.5)."""
    assert reason("imap", script) == "service-unavailable"


@pytest.mark.parametrize("script", ["S: hello", f"{IMAP}S: a003 OK done", f"{IMAP}S: a001 MAYBE", f"{IMAP}S: "])
def test_imap_protocol_errors(script: str) -> None:
    """Another tag, another status, or no response at all is an error of the protocol."""
    assert reason("imap", script) == "starttls-protocol-error"


def test_dialogue_of_rfc_2595() -> None:
    """The commands and answers that RFC 2595 §4 prints for POP3 end with the go-ahead."""
    script = """
        S: +OK POP3 ready
        C: CAPA
        S: +OK Capability list follows
        S: TOP
        S: STLS
        S: .
        C: STLS
        S: +OK Begin TLS negotiation
    """
    assert is_open(play("pop3", script))


def test_pop3_without_capabilities() -> None:
    """A server that knows no CAPA is asked for TLS all the same."""
    assert is_open(play("pop3", "S: +OK\nC: CAPA\nS: -ERR what?\nC: STLS\nS: +OK"))


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("S: +OK\nC: CAPA\nS: +OK\nS: SASL STLS\nS: .", "starttls-not-offered"),
        ("S: +OK\nC: CAPA\nS: -ERR\nC: STLS\nS: -ERR unknown command", "starttls-refused"),
        ("S: +OK\nC: CAPA\nS: +OK\nS: STLS\nS: .\nC: STLS\nS: -ERR no certificate", "starttls-refused"),
        ("S: -ERR locked", "service-unavailable"),
        ("S: +OKAY", "starttls-protocol-error"),
        ("S: +OK\nC: CAPA\nS: OK", "starttls-protocol-error"),
    ],
)
def test_pop3_refusals(script: str, expected: str) -> None:
    """Every way in which a POP3 server declines has its reason."""
    assert reason("pop3", script) == expected


def test_dialogue_of_rfc_5804() -> None:
    """The greeting of RFC 5804 §1.7 and the answer of §2.2, which is `oK` there, end with the go-ahead."""
    assert is_open(play("sieve", f'{SIEVE}S: "STARTTLS"\nS: OK\nC: STARTTLS\nS: oK'))


@pytest.mark.parametrize(
    "greeting", [b'{8}\r\nSTARTTLS\r\nOK "ready"\r\n', b'"STARTTLS" {3+}\r\nOK\n\r\nOK\r\n', b'"starttls"\r\nok\r\n']
)
def test_sieve_strings_may_be_literals(greeting: bytes) -> None:
    """A capability's name or value may be a literal, which ends no line."""
    assert is_open(answered("sieve", greeting, b"OK\r\n"))


@pytest.mark.parametrize(
    ("rest", "expected"),
    [
        ('S: "NOTIFY" "STARTTLS"\nS: OK', "starttls-not-offered"),
        ('S: "STARTTLS"\nS: OK\nC: STARTTLS\nS: NO "no certificate"', "starttls-refused"),
        ('S: "STARTTLS"\nS: OK\nC: STARTTLS\nS: BYE "overloaded"', "service-unavailable"),
        ('S: NO "not here"', "service-unavailable"),
        ('S: BYE "too many connections"', "service-unavailable"),
        ("S: +OK", "starttls-protocol-error"),
        ("S: {99999999}", "starttls-protocol-error"),
    ],
)
def test_sieve_refusals(rest: str, expected: str) -> None:
    """Every way in which a ManageSieve server declines has its reason."""
    assert reason("sieve", SIEVE + rest) == expected
