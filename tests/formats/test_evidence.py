import base64
import copy
import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anchorkeep.errors import EvidenceError
from anchorkeep.formats import evidence
from anchorkeep.model.certificate import Certificate
from anchorkeep.model.chain import FailedObservation, Failure, ObservedChain, Stage
from anchorkeep.model.endpoint import Address, Endpoint
from anchorkeep.text import visible
from tests.peers.reports import pki

AT = datetime(2026, 11, 23, 12, tzinfo=UTC)

hosts = st.sampled_from(["host.example.test", "xn--bcher-kva.example", "192.0.2.1", "2001:db8::1", "fe80::1%eth0", "_a.b-c.d"])
ports = st.integers(1, 65_535)
addresses = st.builds(Address, host=hosts, port=ports)
endpoints = st.builds(
    Endpoint, host=hosts, port=ports, connect=st.none() | addresses, server_name=st.none() | st.just("name.example")
)
moments = st.datetimes(min_value=datetime(1, 1, 1), max_value=datetime(9999, 12, 31)).map(  # noqa: DTZ001 (made aware below)
    lambda moment: moment.replace(microsecond=0, tzinfo=UTC)
)


def lines(limit: int) -> st.SearchStrategy[str]:
    """Return text as messages hold it: made visible."""
    return st.text(max_size=limit // 12).map(visible)


failures = st.builds(
    Failure,
    stage=st.sampled_from(Stage),
    reason=st.from_regex("[a-z-]{1,60}", fullmatch=True),
    message=lines(500),
    remedy=lines(500),
)
certificates = st.sampled_from([pki().leaf, pki().hostile, pki().wide, Certificate(b"\x00")]) | st.binary(
    min_size=1, max_size=40
).map(Certificate)
chains = st.builds(
    ObservedChain,
    endpoint=st.none() | endpoints,
    certificates=st.lists(certificates, max_size=3).map(tuple),
    observed_at=moments,
    address=st.none() | addresses,
    tls_version=st.none() | st.sampled_from(["TLSv1.2", "TLSv1.3"]),
    cipher=st.none() | st.just("TLS_AES_256_GCM_SHA384"),
    failure=st.none() | failures,
    client_certificate_requested=st.booleans(),
)
failed = st.builds(FailedObservation, endpoint=endpoints, observed_at=moments, failure=failures, address=st.none() | addresses)


def document(*outcomes: ObservedChain | FailedObservation) -> dict[str, Any]:
    """Return observations as a document."""
    return {"format": "anchorkeep.evidence", "version": 1, "observations": [evidence.observation(item) for item in outcomes]}


def encoded(value: object) -> bytes:
    """Return a document as a file's bytes."""
    return json.dumps(value).encode()


def chain(**changes: object) -> dict[str, Any]:
    """Return a document of one chain; changes go into its observation."""
    outcome = ObservedChain(
        endpoint=Endpoint.parse("host.example.test", connect="127.0.0.1:8443"),
        certificates=(pki().leaf, pki().intermediate),
        observed_at=AT,
        address=Address(host="127.0.0.1", port=8443),
        tls_version="TLSv1.3",
        cipher="TLS_AES_256_GCM_SHA384",
    )
    made = document(outcome)
    made["observations"][0] |= changes
    return made


@given(st.lists(chains | failed, min_size=1, max_size=3))
def test_observations_survive(outcomes: list[ObservedChain | FailedObservation]) -> None:
    """Whatever was observed is read back as it was, chains and failures alike."""
    assert evidence.loads(encoded(document(*outcomes))) == tuple(outcomes)


def test_evidence_of_nothing_is_refused() -> None:
    """Evidence without an observation is refused: nothing to look at must not pass for nothing wrong."""
    with pytest.raises(EvidenceError, match="holds no observation"):
        evidence.loads(encoded(document()))


def test_fraction_of_a_second_is_dropped() -> None:
    """Evidence keeps moments to the second, in UTC."""
    moment = datetime(2026, 11, 23, 13, 30, 15, 999_999, tzinfo=timezone(timedelta(hours=1)))
    assert evidence.timestamp(moment) == "2026-11-23T12:30:15Z"


def test_moment_in_another_zone_is_read() -> None:
    """A moment that another program wrote in its own time zone is read as the same moment."""
    (outcome,) = evidence.loads(encoded(chain(observed_at="2026-11-23T14:00:00+02:00")))
    assert outcome.observed_at == AT
    assert outcome.observed_at.tzinfo is UTC


def test_message_is_escaped_once() -> None:
    """A message that was made visible when it was written stays as it is, however often it is read and written."""
    message = visible("got '\x1b[31m\\'")
    failure = Failure(stage=Stage.HANDSHAKE, reason="not-tls", message=message)
    outcome = FailedObservation(endpoint=Endpoint.parse("a.example"), observed_at=AT, failure=failure)
    for _ in range(3):
        (outcome,) = evidence.loads(encoded(document(outcome)))
    assert outcome.failure.message == message


@pytest.mark.parametrize("member", ["reason", "message", "remedy"])
def test_hostile_failure_is_made_visible(member: str) -> None:
    """Control characters that somebody wrote into a failure do not reach a terminal."""
    failure = {"stage": "connect", "reason": "a", "message": "b", "remedy": "c"} | {member: "\x1b[2J\n\u202efine"}
    (outcome,) = evidence.loads(encoded(chain(failure=failure)))
    assert getattr(outcome.failure, member) == "\\x1b[2J\\n\\u202efine"


@pytest.mark.parametrize("member", ["tls_version", "cipher"])
def test_hostile_text_is_made_visible(member: str) -> None:
    """Nor those that somebody wrote into the version or the cipher suite."""
    (outcome,) = evidence.loads(encoded(chain(**{member: "\x1b[2J\nfine"})))
    assert getattr(outcome, member) == "\\x1b[2J\\nfine"


def test_what_others_add_is_left_alone() -> None:
    """Members that are not known here are no error: what was observed counts, and nothing else is believed."""
    changed = chain(verifies=True, findings="none", paths={"x": 1})
    assert evidence.loads(encoded(changed | {"more": [1]})) == evidence.loads(encoded(chain()))


BAD_LINE = {"format": "anchorkeep.error", "version": 1, "product": "p", "line": 2, "message": "m", "remedy": ""}


def written(*documents: object, end: bytes = b"\n") -> bytes:
    """Return documents as lines of a file."""
    return b"".join(encoded(item) + end for item in documents)


@given(
    st.lists(st.lists(chains | failed, min_size=1, max_size=2), min_size=1, max_size=3),
    st.sampled_from([b"\n", b"\r\n", b"\n\n"]),
)
def test_lines_are_read_one_after_the_other(groups: list[list[ObservedChain | FailedObservation]], end: bytes) -> None:
    """Documents in lines are read as what they hold together, in their order, whatever ends a line."""
    data = written(*(document(*group) for group in groups), end=end)
    assert evidence.loads(data) == tuple(item for group in groups for item in group)


@pytest.mark.parametrize("place", [0, 1, 2])
def test_lines_that_name_no_service_are_counted(place: int) -> None:
    """A record of a bad line of the list is no observation, wherever it stands, and is not lost."""
    documents = [chain(), chain()]
    documents.insert(place, BAD_LINE)
    found = evidence.read(written(*documents))
    assert (len(found.observations), found.bad_lines) == (2, 1)


def test_lines_without_an_observation_are_refused() -> None:
    """A file that tells of bad lines only has nothing to look at."""
    with pytest.raises(EvidenceError, match="holds no observation"):
        evidence.loads(written(BAD_LINE, BAD_LINE))


@pytest.mark.parametrize(
    ("second", "reason"),
    [
        (encoded(chain())[:-1], "is not JSON"),
        (b"garbage", "is not JSON"),
        (b"[]", "input, line 2 is JSON but no evidence"),
        (encoded(chain() | {"version": 2}), "input, line 2 is evidence of version 2"),
        (encoded(BAD_LINE | {"version": 2}), "input, line 2 is evidence of version 2"),
        (encoded(chain() | {"observations": []}), "input, line 2 holds no observation"),
        (encoded(chain(observed_at="now")), "input, line 2, observation 1: observed_at"),
    ],
)
def test_bad_line_of_evidence_is_named(second: bytes, reason: str) -> None:
    """One line that is cut or wrong makes the file refused, with the place: what is missing must not look like nothing."""
    with pytest.raises(EvidenceError, match=reason):
        evidence.loads(encoded(chain()) + b"\n" + second)


def test_line_numbers_count_every_line() -> None:
    """A document may be of several lines, and empty lines count."""
    several = json.dumps(chain(), indent=1).encode()
    number = several.count(b"\n") + 4
    with pytest.raises(EvidenceError, match=f"line {number} is JSON but no evidence"):
        evidence.loads(b"\n" + several + b"\n\n{}")


def test_too_many_lines_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bound holds for all lines together."""
    monkeypatch.setattr(evidence, "MAX_OBSERVATIONS", 2)
    assert len(evidence.loads(written(chain(), chain()))) == 2
    with pytest.raises(EvidenceError, match="expected at most 2"):
        evidence.loads(written(chain(), chain(), chain()))


def test_byte_order_mark_is_read() -> None:
    """A file that an editor began with a byte order mark is read, and taken for evidence."""
    data = b"\xef\xbb\xbf" + encoded(chain())
    assert evidence.is_evidence(data)
    assert len(evidence.loads(data)) == 1


@pytest.mark.parametrize(
    ("data", "expected"),
    [(b"{}", True), (b" \r\n\t{", True), (b"", False), (b"[{}]", False), (b"-----BEGIN", False), (b"0\x82{", False)],
)
def test_evidence_is_told_from_certificates(data: bytes, *, expected: bool) -> None:
    """A file is taken for evidence by its first character."""
    assert evidence.is_evidence(data) is expected


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"\xff\xfe{\0}\0", "not JSON"),
        (b'{"format": "\xe4"}', "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b'{"a":' * 100_000, "not JSON"),
        (b'{"version": ' + b"1" * 10_000 + b"}", "not JSON"),
        (b"NaN", "no evidence"),
        (b"[]", "no evidence"),
        (b"{}", "no evidence"),
        (b'{"format": "other", "version": 1}', "no evidence"),
        (b'{"format": ["anchorkeep.evidence"]}', "no evidence"),
    ],
)
def test_what_is_no_evidence_is_refused(data: bytes, reason: str) -> None:
    """Data that are no JSON, or JSON of another kind, are refused with the file's name."""
    with pytest.raises(EvidenceError, match=rf"^some\\nfile .*{reason}"):
        evidence.loads(data, name="some\nfile")


@pytest.mark.parametrize("version", [None, 0, 2, 10**400, "1", 1.0, True, [], float("nan"), float("inf")])
def test_other_version_is_refused(version: object) -> None:
    """Evidence of another version, or of none, is refused; neither 1.0 nor true is the number 1."""
    with pytest.raises(EvidenceError, match="is evidence of version") as caught:
        evidence.loads(encoded(chain() | {"version": version}))
    assert "newer" in caught.value.remedy


@pytest.mark.parametrize("observations", [None, {}, "x", 1, True])
def test_observations_must_be_a_list(observations: object) -> None:
    """A document without a list of observations is refused."""
    with pytest.raises(EvidenceError, match="input: observations is not a list"):
        evidence.loads(encoded(chain() | {"observations": observations}))


def test_too_many_observations_are_refused() -> None:
    """A document of more observations than any estate has is refused before one is read."""
    many = b'{"format":"anchorkeep.evidence","version":1,"observations":[' + b"0," * 100_000 + b"0]}"
    with pytest.raises(EvidenceError, match="holds 100001 observations"):
        evidence.loads(many)


@pytest.mark.parametrize(
    ("member", "value", "reason"),
    [
        ("endpoint", "host", "endpoint is not an object"),
        ("endpoint", [], "endpoint is not an object"),
        ("endpoint", {}, "port is not a number"),
        ("endpoint", {"host": "a.example", "port": True}, "port is not a number"),
        ("endpoint", {"host": "a.example", "port": "443"}, "port is not a number"),
        ("endpoint", {"host": "a.example", "port": 443.0}, "port is not a number"),
        ("endpoint", {"host": "a.example", "port": float("nan")}, "port is not a number"),
        ("endpoint", {"host": "a.example", "port": 0}, "no valid port"),
        ("endpoint", {"host": "a.example", "port": -1}, "no valid port"),
        ("endpoint", {"host": "a.example", "port": 10**4000}, "no valid port"),
        ("endpoint", {"port": 443}, "host is not text"),
        ("endpoint", {"host": None, "port": 443}, "host is not text"),
        ("endpoint", {"host": "", "port": 443}, "is no host name"),
        ("endpoint", {"host": "a b", "port": 443}, "is no host name"),
        ("endpoint", {"host": "a.example:1", "port": 443}, "not an IPv6 address"),
        ("endpoint", {"host": "a" * 5000, "port": 443}, "host is longer than 4096 characters"),
        ("endpoint", {"host": "\ud800.example", "port": 443}, "is no host name"),
        ("endpoint", {"host": "a.example", "port": 443, "connect": "b.example"}, "names no port"),
        ("endpoint", {"host": "a.example", "port": 443, "server_name": "-x"}, "is no host name"),
        ("address", "127.0.0.1", "names no port"),
        ("address", 1, "address is not text"),
        ("observed_at", None, "observed_at is not text"),
        ("observed_at", 0, "observed_at is not text"),
        ("observed_at", "yesterday", "no date with a time zone: 'yesterday'"),
        ("observed_at", "2026-11-23", "no date with a time zone"),
        ("observed_at", "2026-11-23T12:00:00", "no date with a time zone"),
        ("observed_at", "2026-02-30T12:00:00Z", "no date with a time zone"),
        ("observed_at", "0001-01-01T00:00:00+14:00", "no date with a time zone"),
        ("observed_at", "9999-12-31T23:59:59-14:00", "no date with a time zone"),
        ("failure", "refused", "failure is not an object"),
        ("failure", {}, "stage is not text"),
        ("failure", {"stage": "lunch", "reason": "a", "message": "b"}, "'lunch' is no stage"),
        ("failure", {"stage": "connect", "message": "b"}, "reason is not text"),
        ("failure", {"stage": "connect", "reason": "a", "message": 1}, "message is not text"),
        ("tls_version", 1.3, "tls_version is not text"),
        ("cipher", ["a"], "cipher is not text"),
        ("cipher", "a" * 5000, "cipher is longer than 4096 characters"),
        ("client_certificate_requested", "no", "client_certificate_requested is not true or false"),
        ("client_certificate_requested", 0, "client_certificate_requested is not true or false"),
        ("certificates", None, "certificates is not a list"),
        ("certificates", {}, "certificates is not a list"),
        ("certificates", [None] * 10_001, "holds 10001 certificates, expected at most 10000"),
        ("certificates", ["MIIB"], "certificate 1 is not an object"),
        ("certificates", [{}], "certificate 1: der is not text"),
        ("certificates", [{"der": 1}], "certificate 1: der is not text"),
        ("certificates", [{"der": "MII"}], "certificate 1: der is not base64"),
        ("certificates", [{"der": "M*B="}], "certificate 1: der is not base64"),
        ("certificates", [{"der": "MIIB\n"}], "certificate 1: der is not base64"),
        ("certificates", [{"der": "ä"}], "certificate 1: der is not base64"),
        ("certificates", [{"der": "A" * ((1 << 24) + 4)}], "certificate 1: der is longer than 16777216 characters"),
        ("certificates", [{"der": ""}], "certificate 1: the bytes are not those that sha256 names"),
        ("certificates", [{"der": "MAA=", "sha256": 1}], "certificate 1: sha256 is not text"),
        ("certificates", [{"der": "MAA=", "sha256": "00"}], "certificate 1: the bytes are not those that sha256 names"),
    ],
)
def test_broken_member_is_named(member: str, value: object, reason: str) -> None:
    """A member that is not what it must be is named, with the file, the observation and the certificate."""
    with pytest.raises(EvidenceError, match=f"^input, observation 1.*{reason}") as caught:
        evidence.loads(encoded(chain(**{member: value})))
    assert caught.value.message.isprintable()


@pytest.mark.parametrize("member", ["endpoint", "failure"])
def test_failure_needs_endpoint_and_reason(member: str) -> None:
    """An observation without certificates is a failure, which has a place and a reason."""
    failure = Failure(stage=Stage.CONNECT, reason="refused", message="It refused.")
    made = document(FailedObservation(endpoint=Endpoint.parse("a.example"), observed_at=AT, failure=failure))
    made["observations"][0][member] = None
    with pytest.raises(EvidenceError, match="neither certificates nor an endpoint with a failure"):
        evidence.loads(encoded(made))


def test_second_observation_is_named() -> None:
    """The error says which of the observations is broken."""
    made = chain()
    made["observations"].append(7)
    with pytest.raises(EvidenceError, match=r"^file\.json, observation 2 is not an object"):
        evidence.loads(encoded(made), name="file.json")


def test_changed_certificate_is_noticed() -> None:
    """A certificate whose bytes were changed in the file no longer has its fingerprint, and the file is refused."""
    made = chain()
    record = made["observations"][0]["certificates"][1]
    changed = bytearray(base64.b64decode(record["der"]))
    changed[-1] ^= 1
    record["der"] = base64.b64encode(changed).decode()
    with pytest.raises(EvidenceError, match="certificate 2: the bytes are not those") as caught:
        evidence.loads(encoded(made))
    assert "changed" in caught.value.remedy


def test_fingerprint_may_be_missing() -> None:
    """Evidence of another program that names no fingerprints is read by its bytes."""
    made = chain()
    for record in made["observations"][0]["certificates"]:
        del record["sha256"]
    (outcome,) = evidence.loads(encoded(made))
    assert outcome.certificates == (pki().leaf, pki().intermediate)


def test_certificate_says_what_it_holds() -> None:
    """A certificate is written with what a person would look for, and its bytes last."""
    record = evidence.certificate(pki().leaf)
    assert record["subject"] == "CN=licenses.example.test"
    assert record["subject_alt_names"][0] == {"kind": "dNSName", "value": "licenses.example.test"}
    assert (record["not_before"], record["is_ca"]) == ("2026-11-13T12:00:00Z", False)
    assert base64.b64decode(record["der"]) == pki().leaf.der
    assert list(record)[-1] == "der"


@given(st.binary(max_size=60), st.integers(0, 2_000), st.integers(0, 255))
def test_every_certificate_can_be_written(data: bytes, position: int, octet: int) -> None:
    """Any bytes, and any certificate with a changed octet, are written: with what they say, or why they cannot be read."""
    changed = bytearray(pki().leaf.der)
    changed[position % len(changed)] = octet
    for der in (data, bytes(changed)):
        record = evidence.certificate(Certificate(der))
        assert ("problem" in record) != ("subject" in record)
        assert json.loads(json.dumps(record)) == record


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["MAA=", "a.example", "::1"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["der", "host", "port", "stage"]), inner),
    max_leaves=5,
)


def places(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Return the way to every member of a document."""
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [found for key, item in members for found in ((*path, key), *places(item, (*path, key)))]


ORIGINAL = chain(failure={"stage": "handshake", "reason": "reset", "message": "a", "remedy": "b"})
PLACES = places(ORIGINAL)


@given(st.lists(st.tuples(st.sampled_from(PLACES), values), min_size=1, max_size=4))
def test_changed_document_is_a_value_or_an_error(changes: list[tuple[tuple[str | int, ...], object]]) -> None:
    """A document with any members replaced by anything is read, or refused with our error."""
    made: Any = copy.deepcopy(ORIGINAL)
    for path, value in changes:
        _replace(made, path, value)
    _read(encoded(made))


@given(st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), min_size=1, max_size=8))
def test_changed_bytes_are_a_value_or_an_error(changes: list[tuple[int, int]]) -> None:
    """A file with any bytes changed is read, or refused with our error."""
    data = bytearray(encoded(ORIGINAL))
    for position, octet in changes:
        data[position % len(data)] = octet
    _read(bytes(data))


@given(st.integers(0, 10_000))
def test_cut_file_is_refused(length: int) -> None:
    """A file that was cut is refused."""
    data = encoded(ORIGINAL)
    with pytest.raises(EvidenceError):
        evidence.loads(data[: length % len(data)])


def _replace(made: Any, path: tuple[str | int, ...], value: object) -> None:
    for key in path[:-1]:
        try:
            made = made[key]
        except (KeyError, IndexError, TypeError):
            return  # An earlier change took it away.
    if isinstance(made, dict) or (isinstance(made, list) and isinstance(path[-1], int) and path[-1] < len(made)):
        made[path[-1]] = value


def _read(data: bytes) -> None:
    said = "fine"
    try:
        found = evidence.loads(data)
    except EvidenceError as error:
        found, said = (), error.message
    assert said.isprintable()
    assert all(isinstance(item, ObservedChain | FailedObservation) for item in found)
