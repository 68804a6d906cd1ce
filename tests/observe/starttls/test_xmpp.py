import pytest

from anchorkeep.observe.starttls import PROTOCOLS, Opening
from tests.peers.dialogues import answered, is_open

HEADER = (
    b"<?xml version='1.0'?>"
    b"<stream:stream from='im.example.com' id='t7AMCin9zjMNwQKDnplntZPIDEI=' to='juliet@im.example.com' version='1.0'"
    b" xml:lang='en' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>"
)
# As RFC 6120 §9.1.1 prints it, white space and all.
FEATURES = b"""<stream:features>
     <starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'>
       <required/>
     </starttls>
   </stream:features>"""
PROCEED = b"<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"
STARTTLS = b"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"


def reason(*answers: bytes) -> str:
    """Return why a server's answers are a failure."""
    opening = answered("xmpp-client", *answers)
    assert opening.failure is not None
    return opening.failure.reason


@pytest.mark.parametrize(("name", "namespace"), [("xmpp-client", b"jabber:client"), ("xmpp-server", b"jabber:server")])
def test_dialogue_of_rfc_6120(name: str, namespace: bytes) -> None:
    """The dialogue that RFC 6120 §9.1.1 prints ends with the go-ahead; the stream's namespace tells clients from servers."""
    opening = Opening(PROTOCOLS[name], "im.example.com")
    said = opening.start()
    assert said.startswith(b"<?xml version='1.0'?><stream:stream to='im.example.com' version='1.0'")
    assert b" xmlns='" + namespace + b"' " in said
    assert opening.receive(HEADER) == b""
    assert opening.receive(FEATURES) == STARTTLS
    assert opening.receive(PROCEED) == b""
    assert is_open(opening)


def test_domain_is_escaped() -> None:
    """A name cannot leave its attribute."""
    said = Opening(PROTOCOLS["xmpp-client"], "a\"'><b").start()
    assert b"to='a&quot;&apos;&gt;&lt;b' " in said


@pytest.mark.parametrize(
    "answers",
    [
        (HEADER[21:] + FEATURES, PROCEED),
        (HEADER.replace(b"'en'", b"'a>b'") + FEATURES, PROCEED),
        (HEADER + b"<features xmlns='http://etherx.jabber.org/streams'><starttls/></features>", b"<proceed/>"),
        (HEADER + FEATURES, b"<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'></proceed>"),
        (HEADER + b"<stream:features><m><x>starttls</x></m><starttls/></stream:features>", PROCEED),
    ],
)
def test_other_ways_to_write_it(answers: tuple[bytes, ...]) -> None:
    """What XML writes in several ways is understood in each."""
    assert is_open(answered("xmpp-client", *answers))


@pytest.mark.parametrize(
    "features",
    [b"<stream:features/>", b"<stream:features><mechanisms><mechanism>starttls</mechanism></mechanisms></stream:features>"],
)
def test_without_starttls(features: bytes) -> None:
    """A server whose features lack starttls does not offer it."""
    assert reason(HEADER + features) == "starttls-not-offered"


def test_failure_of_rfc_6120() -> None:
    """The failure case of RFC 6120 §5.4.2.2 is a refusal."""
    failure = b"<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:stream>"
    assert reason(HEADER + FEATURES, failure) == "starttls-refused"


def test_unknown_host_is_told() -> None:
    """The stream error host-unknown is told with the name that was asked for."""
    error = b"<stream:error><host-unknown xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></stream:stream>"
    opening = answered("xmpp-client", HEADER + error)
    assert opening.failure is not None
    assert (opening.failure.reason, "host-unknown" in opening.failure.message) == ("starttls-refused", True)
    assert "service.test" in opening.failure.remedy


@pytest.mark.parametrize("before", [(), (FEATURES,)])
def test_other_stream_errors(before: tuple[bytes, ...]) -> None:
    """Any other stream error is a service that is not available, named by its condition."""
    opening = answered("xmpp-client", HEADER, *before, b"<stream:error><policy-violation/><text>x</text></stream:error>")
    assert opening.failure is not None
    assert (opening.failure.reason, "policy-violation" in opening.failure.message) == ("service-unavailable", True)


@pytest.mark.parametrize("rest", [b"\n", b"<presence/>", b"</stream:stream>"])
def test_nothing_may_follow_proceed(rest: bytes) -> None:
    """Not even white space may follow the go-ahead (RFC 6120 §5.3.3)."""
    assert reason(HEADER + FEATURES, PROCEED + rest) == "response-injection"


@pytest.mark.parametrize(
    "answers",
    [
        (b"<html>",),
        (b"<!DOCTYPE x [<!ENTITY a 'b'>]>",),
        (b"<stream:stream/>",),
        (HEADER, b"<message>"),
        (HEADER, b"</stream:features>"),
        (HEADER, b"<!-- no comments -->"),
        (HEADER, b"<stream:features>" + b"<a>" * 20),
        (HEADER, FEATURES, b"<presence/>"),
        (HEADER, FEATURES, b"</proceed>"),
        (b"hello>",),
    ],
)
def test_what_is_no_stream(answers: tuple[bytes, ...]) -> None:
    """What XMPP does not allow ends the dialogue, and no entity is ever declared."""
    assert reason(*answers) in {"starttls-protocol-error", "wrong-protocol"}


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        (b"<stream:features a='" + (b"x" * 5000 + b">") * 4, "starttls-protocol-error"),
        (b"<stream:features a='" + b">" * 20_000, "too-much-data"),
        (b"<stream:features " + b"x" * 20_000, "too-much-data"),
    ],
)
def test_tag_without_end(tag: bytes, expected: str) -> None:
    """A tag that is longer than the bound ends the dialogue."""
    assert reason(HEADER, tag) == expected
