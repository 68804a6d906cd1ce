import pytest

from anchorkeep.model.chain import Stage
from anchorkeep.observe.starttls import PROTOCOLS, Opening
from anchorkeep.observe.starttls.dialogue import MAX_BYTES, MAX_LINE, MAX_PIECES
from tests.peers.dialogues import HOST, answered, failure

OFFER = b"250-x\r\n250 STARTTLS\r\n"
#: Answers of a server that lets TLS begin, up to its go-ahead, for protocols of each kind.
GOOD = {
    "smtp": (b"220 x\r\n", OFFER, b"220 go\r\n"),
    "imap": (b"* OK\r\n", b"* CAPABILITY STARTTLS\r\na001 OK\r\n", b"a002 OK\r\n"),
    "postgres": (b"S",),
}


def reason(*answers: bytes, name: str = "smtp") -> str:
    """Return why a server's answers are a failure."""
    opening = answered(name, *answers)
    assert opening.failure is not None
    assert opening.is_done
    return opening.failure.reason


@pytest.mark.parametrize("name", GOOD)
def test_answers_may_be_cut_anywhere(name: str) -> None:
    """Byte by byte a dialogue goes as it does in whole answers."""
    opening, said = Opening(PROTOCOLS[name], HOST), [b"", b""]
    whole = Opening(PROTOCOLS[name], HOST)
    said[0] += opening.start()
    said[1] += whole.start()
    for answer in GOOD[name]:
        assert not opening.is_done
        for byte in answer:
            said[0] += opening.receive(bytes([byte]))
        said[1] += whole.receive(answer)
    assert (opening.is_done, opening.failure, whole.is_done, whole.failure) == (True, None, True, None)
    assert said[0] == said[1]


@pytest.mark.parametrize("name", GOOD)
@pytest.mark.parametrize("rest", [b"\n", b"a003 OK injected\r\n", b"\x16\x03\x03"])
def test_bytes_after_the_go_ahead_are_an_attack(name: str, rest: bytes) -> None:
    """Whatever comes with the go-ahead and after it, TLS or not, is a response injection."""
    *before, last = GOOD[name]
    assert reason(*before, last + rest, name=name) == "response-injection"


def test_answers_in_one_piece_are_no_attack() -> None:
    """A server that says everything at once before it is asked is odd, and nothing of it reaches TLS."""
    opening = answered("smtp", b"".join(GOOD["smtp"]))
    assert (opening.is_done, opening.failure) == (True, None)


def test_nothing_is_taken_after_the_end() -> None:
    """After the go-ahead bytes belong to TLS: the dialogue takes none and keeps its result."""
    opening = answered("smtp", *GOOD["smtp"])
    assert opening.receive(b"\x16\x03\x03") == b""
    opening.close()
    opening.reset()
    opening.expire(1)
    assert opening.failure is None


def test_nothing_is_said_after_a_failure() -> None:
    """A failure ends the dialogue: no byte goes out with it."""
    opening = Opening(PROTOCOLS["smtp"], HOST)
    opening.start()
    assert opening.receive(b"220 x\r\n554 no\r\n") == b""
    assert opening.failure is not None


@pytest.mark.parametrize(
    "flood",
    [
        b"220-" + b"x" * MAX_LINE,
        b"220-x\r\n" * (MAX_PIECES + 1),
        (b"220-" + b"x" * 8000 + b"\r\n") * 9,
        b"220-" + b"x" * (2 * MAX_BYTES),
    ],
)
@pytest.mark.parametrize("size", [1 << 20, 1000])
def test_floods_are_bounded(flood: bytes, size: int) -> None:
    """A line, a number of lines and a number of bytes that are too much end the dialogue, however they are cut."""
    opening = Opening(PROTOCOLS["smtp"], HOST)
    opening.start()
    for start in range(0, len(flood), size):
        opening.receive(flood[start : start + size])
    assert opening.failure is not None
    assert opening.failure.reason == "too-much-data"


def test_long_lines_within_the_bounds_are_read() -> None:
    """As many lines, and as long ones, as the bounds allow are no flood."""
    greeting = b"220-x\r\n" * (MAX_PIECES - 4) + b"220 " + b"x" * (MAX_LINE - 6) + b"\r\n"
    opening = answered("smtp", greeting, *GOOD["smtp"][1:])
    assert (opening.is_done, opening.failure) == (True, None)


@pytest.mark.parametrize(
    ("greeting", "title"),
    [
        (b"+OK POP3 ready\r\n", "POP3"),
        (b"* OK IMAP4rev1\r\n", "IMAP"),
        (b"HTTP/1.1 400 Bad Request\r\n", "HTTP"),
        (b"SSH-2.0-OpenSSH_9.2p1\r\n", "SSH"),
        (b"\x15\x03\x01\x00\x02\x02\x0a" + bytes(MAX_LINE), "TLS"),
    ],
)
def test_other_protocols_are_named(greeting: bytes, title: str) -> None:
    """A server that speaks another protocol is said to, with a remedy."""
    opening = answered("smtp", greeting)
    assert opening.failure is not None
    assert (opening.failure.stage, opening.failure.reason) == (Stage.STARTTLS, "wrong-protocol")
    assert f"speaks {title}, not SMTP" in opening.failure.message
    assert opening.failure.remedy


def test_other_protocol_is_known_when_it_falls_silent() -> None:
    """A server whose greeting is no whole line is known by it when the time is over, or it closes."""
    for end in (lambda opening: opening.expire(1), lambda opening: opening.close()):
        opening = answered("smtp", b"SSH-2.0-x")
        end(opening)
        assert opening.failure is not None
        assert opening.failure.reason == "wrong-protocol"


def test_refusal_is_not_taken_for_another_protocol() -> None:
    """A refusal stays what it is, though SMTP and FTP greet alike."""
    assert failure("ftp", "S: 220 ready\nC: AUTH TLS\nS: 500 no").reason == "starttls-not-offered"


@pytest.mark.parametrize("data", [b"", b"220 x\r\n"])
def test_ends_that_the_network_makes(data: bytes) -> None:
    """A server that closes, resets or falls silent is a failure of this stage with its own reason."""
    for reason, end in (
        ("closed", lambda opening: opening.close()),
        ("reset", lambda opening: opening.reset()),
        ("timeout", lambda opening: opening.expire(2.5)),
    ):
        opening = answered("smtp", data)
        end(opening)
        assert opening.failure is not None
        assert (opening.failure.stage, opening.failure.reason) == (Stage.STARTTLS, reason)
        assert opening.failure.remedy
        first = opening.failure
        opening.close()
        assert opening.failure is first


def test_silence_is_told_by_who_speaks_first() -> None:
    """A silent server that should have greeted may speak TLS at once, which is said."""
    messages = {}
    for name in ("smtp", "postgres"):
        opening = answered(name)
        opening.expire(2.5)
        assert opening.failure is not None
        messages[name] = opening.failure
    assert "without STARTTLS" in messages["smtp"].remedy
    assert "2.5 s" in messages["postgres"].message


def test_hostile_words_are_shown_harmlessly() -> None:
    """What a server says reaches a person on one line, cut to a length."""
    opening = answered("smtp", "554 \x1b[2J\u202e".encode() + b"x" * 5000 + b"\r\n")
    assert opening.failure is not None
    assert opening.failure.message.isprintable()
    assert len(opening.failure.message) < 300


def test_bytes_pass_where_there_is_no_framing() -> None:
    """Without framing the handshake's bytes are the connection's."""
    opening = answered("smtp", *GOOD["smtp"])
    assert (opening.wrap(b"out"), opening.unwrap(b"in")) == (b"out", b"in")
