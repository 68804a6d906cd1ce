"""Dialogues before TLS as the specifications print them: `S: ` stands before the server's words, `C: ` before the client's."""

from anchorkeep.model.chain import Failure
from anchorkeep.observe.starttls import PROTOCOLS, Opening

HOST = "service.test"


def play(name: str, script: str, *, host: str = HOST) -> Opening:
    """
    Play a dialogue of lines with an `Opening` and return it.

    Every line of the client must be what it says next, and it must say nothing else.
    """
    opening = Opening(PROTOCOLS[name], host)
    said = opening.start()
    for line in filter(None, (line.strip() for line in script.splitlines())):
        who, _, words = line.partition(" ")
        if who == "S:":
            said += opening.receive(words.encode() + b"\r\n")
        else:
            expected = words.encode() + b"\r\n"
            assert (who, said[: len(expected)]) == ("C:", expected)
            said = said[len(expected) :]
    assert said == b""
    return opening


def failure(name: str, script: str) -> Failure:
    """Play a dialogue that must fail, and return why it did."""
    opening = play(name, script)
    assert opening.failure is not None
    assert opening.is_done
    return opening.failure


def reason(name: str, script: str) -> str:
    """Play a dialogue that must fail, and return the stable reason."""
    return failure(name, script).reason


def is_open(opening: Opening) -> bool:
    """Tell whether a dialogue is over and TLS may begin."""
    return opening.is_done and opening.failure is None


def answered(name: str, *answers: bytes) -> Opening:
    """Give a server's answers, byte strings as they come, to an `Opening` and return it; what it says is not looked at."""
    opening = Opening(PROTOCOLS[name], HOST)
    opening.start()
    for answer in answers:
        opening.receive(answer)
    return opening
