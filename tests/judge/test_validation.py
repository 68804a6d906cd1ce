from collections.abc import Callable, Sequence
from datetime import datetime, timedelta, timezone

import pytest

from anchorkeep.judge import constraints, validation
from anchorkeep.mint import Authority
from anchorkeep.mint import key as keys
from anchorkeep.mint import name as names
from anchorkeep.model import oid
from anchorkeep.model.certificate import Certificate
from anchorkeep.model.extension import NameConstraints
from anchorkeep.tlv import writer
from tests.judge.conftest import (
    AT,
    HOST,
    LEAF_KEY,
    START,
    below,
    ca_template,
    extension,
    leaf,
    name_constraints,
    root,
    template,
)

ROOT = root()
CA = below(ROOT)
LEAF = leaf(CA)
SECOND, MICROSECOND = timedelta(seconds=1), timedelta(microseconds=1)
UNKNOWN = "1.2.3.4.5"
CLIENT_AUTH = "1.3.6.1.5.5.7.3.2"
PERMITTED = name_constraints(permitted=[("dNSName", "example.com")])


def found(path: Sequence[Certificate], *, at: datetime = AT, name: str | None = HOST) -> list[tuple[str, int]]:
    """Return the problems of a path: what and where."""
    return [(problem.id, problem.position) for problem in validation.problems(path, at=at, name=name)]


def path_of(certificate: Certificate, authority: Authority) -> tuple[Certificate, ...]:
    """Return the path of a certificate below an authority."""
    return (certificate, authority.certificate, *authority.issuers)


def with_leaf(**changes: object) -> tuple[Certificate, ...]:
    """Return a path of three whose leaf a test changed."""
    return path_of(leaf(CA, **changes), CA)


def with_ca(**changes: object) -> tuple[Certificate, ...]:
    """Return a path of three whose intermediate a test changed."""
    authority = below(ROOT, **changes)
    return path_of(leaf(authority), authority)


def mismatched() -> tuple[Certificate, ...]:
    """Return a path whose leaf names one algorithm inside and another outside."""
    inner, outer = (keys.signature_algorithm(CA.key, name) for name in ("sha384", "sha256"))
    tbs = template().tbs(keys.public_key(LEAF_KEY), issuer=CA.certificate.subject, algorithm=inner, authority_key_identifier=None)
    signed = writer.sequence(tbs, outer, writer.bit_string(keys.sign(CA.key, tbs)))
    return path_of(Certificate(signed), CA)


def deep(path_length: int, *, self_issued: bool = False) -> tuple[Certificate, ...]:
    """Return a path of four below a CA of a path length, the intermediate below it self-issued or not."""
    upper = below(ROOT, "Upper", path_length=path_length)
    lower = below(upper, "Upper" if self_issued else "Lower")
    return path_of(leaf(lower), lower)


def constrained(subject: str, *, self_issued: bool) -> tuple[Certificate, ...]:
    """Return a path of four below a CA whose constraint on directory names the intermediate below it breaks."""
    tree = names.build(("CN", "Upper"), ("C", "DE"))
    upper = below(ROOT, "Upper", extensions=(name_constraints(permitted=[("directoryName", tree.der)]),))
    lower = below(upper, "Upper" if self_issued else "Lower")
    return path_of(leaf(lower, names.build(("CN", "Upper"), ("C", subject))), lower)


BROKEN = extension(oid.KEY_USAGE, b"\x30\x05")
BROKEN_NAMES = extension(oid.SUBJECT_ALT_NAME, b"\x30\x05")
TWICE = (extension(UNKNOWN, b"\x05\x00"),) * 2

# What is wrong: where, and the path that has it; then the path that has it not.
Make = Callable[[], tuple[Certificate, ...]]
PROBLEMS: dict[str, tuple[str, int, Make, Make]] = {
    "expired leaf": (
        "expired",
        0,
        lambda: with_leaf(not_after=AT - SECOND),
        lambda: with_leaf(not_after=AT),
    ),
    "expired intermediate": ("expired", 1, lambda: with_ca(not_after=AT - SECOND), lambda: with_ca(not_after=AT)),
    "future leaf": (
        "not-yet-valid",
        0,
        lambda: with_leaf(not_before=AT + SECOND),
        lambda: with_leaf(not_before=AT),
    ),
    "two algorithms": ("algorithm-mismatch", 0, mismatched, with_leaf),
    "an extension twice": (
        "duplicate-extension",
        0,
        lambda: with_leaf(extensions=TWICE),
        lambda: with_leaf(extensions=TWICE[:1]),
    ),
    "an unknown critical extension": (
        "unknown-critical-extension",
        1,
        lambda: with_ca(extensions=(extension(UNKNOWN, b"\x05\x00", critical=True),)),
        lambda: with_ca(extensions=(extension(UNKNOWN, b"\x05\x00"),)),
    ),
    "a leaf for clients": (
        "wrong-purpose",
        0,
        lambda: with_leaf(extended_key_usage=(CLIENT_AUTH,)),
        lambda: with_leaf(extended_key_usage=(CLIENT_AUTH, oid.SERVER_AUTH)),
    ),
    "an intermediate for clients": (
        "wrong-purpose",
        1,
        lambda: with_ca(extended_key_usage=(CLIENT_AUTH,)),
        lambda: with_ca(extended_key_usage=(CLIENT_AUTH, oid.ANY_EXTENDED_KEY_USAGE)),
    ),
    "another name": (
        "name-mismatch",
        0,
        lambda: with_leaf(dns_names=("other.example.com",)),
        lambda: with_leaf(dns_names=("other.example.com", HOST)),
    ),
    "no name": ("name-mismatch", 0, lambda: with_leaf(dns_names=()), with_leaf),
    "an issuer that is no CA": ("not-a-ca", 1, lambda: with_ca(is_ca=False), with_ca),
    "an issuer without basicConstraints": ("not-a-ca", 1, lambda: with_ca(has_basic_constraints=False), with_ca),
    "an issuer of version 1": ("not-a-ca", 1, lambda: with_ca(version=1), with_ca),
    "an issuer that may not sign certificates": (
        "wrong-key-usage",
        1,
        lambda: with_ca(key_usage=("cRLSign",)),
        lambda: with_ca(key_usage=()),
    ),
    "an intermediate too many": ("path-too-long", 2, lambda: deep(0), lambda: deep(1)),
    "a name outside of the constraints": (
        "name-constraint",
        1,
        lambda: with_ca(extensions=(name_constraints(permitted=[("dNSName", "example.org")]),)),
        lambda: with_ca(extensions=(PERMITTED,)),
    ),
    "a leaf's names that cannot be read": (
        "not-understood",
        0,
        lambda: with_leaf(dns_names=(), extensions=(BROKEN_NAMES,)),
        with_leaf,
    ),
    "an issuer that cannot be read": (
        "not-understood",
        1,
        lambda: with_ca(key_usage=(), extensions=(BROKEN,)),
        with_ca,
    ),
}


@pytest.mark.parametrize(("id_", "position", "wrong", "_right"), PROBLEMS.values(), ids=PROBLEMS)
def test_problem_is_found(id_: str, position: int, wrong: Make, _right: Make) -> None:
    """What is wrong is found, where it is, and nothing else with it."""
    assert found(wrong()) == [(id_, position)]


@pytest.mark.parametrize(("_id", "_position", "_wrong", "right"), PROBLEMS.values(), ids=PROBLEMS)
def test_right_path_has_no_problem(_id: str, _position: int, _wrong: Make, right: Make) -> None:
    """The same path with that one thing right verifies."""
    assert found(right()) == []


def test_certificate_that_cannot_be_read_is_one_problem() -> None:
    """What cannot be read at all is said once."""
    assert found((Certificate(b"\x30\x00"),)) == [("not-understood", 0)]


def test_no_name_asked_for_is_no_mismatch() -> None:
    """Without a reference identity no name is checked."""
    assert found(with_leaf(dns_names=()), name=None) == []


def test_mismatch_names_what_is_presented() -> None:
    """The message about a wrong name lists the first names of the certificate and counts the others."""
    (problem,) = validation.problems(with_leaf(dns_names=tuple(f"{number}.example.com" for number in range(7))), at=AT, name=HOST)
    assert "4.example.com and 2 more" in problem.message
    assert "5.example.com" not in problem.message


def test_mismatch_without_a_name_says_so() -> None:
    """The message about a certificate without any name says that there is none."""
    (problem,) = validation.problems(with_leaf(dns_names=()), at=AT, name=HOST)
    assert "no name at all" in problem.message


@pytest.mark.parametrize(
    "moment", [LEAF.not_before, LEAF.not_after, LEAF.not_after + SECOND - MICROSECOND, LEAF.not_before + MICROSECOND]
)
def test_both_ends_of_the_validity_count(moment: datetime) -> None:
    """A certificate is valid from its first second through the whole of its last (RFC 5280 §4.1.2.5)."""
    assert found(path_of(LEAF, CA), at=moment) == []


@pytest.mark.parametrize(
    ("moment", "id_"), [(LEAF.not_before - MICROSECOND, "not-yet-valid"), (LEAF.not_after + SECOND, "expired")]
)
def test_validity_ends_with_its_seconds(moment: datetime, id_: str) -> None:
    """A fraction of a second before the first and one second after the last it is not valid."""
    assert (id_, 0) in found(path_of(LEAF, CA), at=moment)


def test_time_may_be_in_any_zone() -> None:
    """The moment is compared as a moment, whatever zone it is written in."""
    zone = timezone(timedelta(hours=14))
    assert found(path_of(LEAF, CA), at=LEAF.not_after.astimezone(zone)) == []


def test_self_issued_intermediate_does_not_count_for_the_path_length() -> None:
    """A CA's certificate for its own new key takes no place in the path (RFC 5280 §6.1.4 (l))."""
    assert found(deep(0, self_issued=True)) == []


def test_path_length_of_the_root_counts() -> None:
    """The root's own limit holds too, counted in intermediates between it and the leaf."""
    short = root("Short", path_length=0)
    lower = below(short)
    assert found(path_of(leaf(lower), lower)) == [("path-too-long", 2)]


def test_leaf_does_not_count_for_the_path_length() -> None:
    """Directly below a CA of path length 0 stands the leaf, also one that is itself a CA."""
    direct = root("Direct", path_length=0)
    certificate = leaf(direct, is_ca=True)
    assert found((certificate, direct.certificate)) == []


@pytest.mark.parametrize("purpose", ["1.3.6.1.4.1.311.10.3.3", "2.16.840.1.113730.4.1"])
def test_gated_crypto_is_enough_for_an_intermediate(purpose: str) -> None:
    """Old intermediates with "server gated crypto" may issue for servers."""
    assert found(with_ca(extended_key_usage=(purpose,))) == []


def test_gated_crypto_is_not_enough_for_a_leaf() -> None:
    """A leaf must say serverAuth."""
    assert found(with_leaf(extended_key_usage=("2.16.840.1.113730.4.1",))) == [("wrong-purpose", 0)]


def test_root_of_version_1_is_a_ca() -> None:
    """A self-issued certificate from before there were extensions is a CA."""
    old = root("Old Root", version=1)
    assert found((leaf(old), old.certificate)) == []


def test_self_issued_intermediate_is_exempt_from_name_constraints() -> None:
    """A self-issued certificate that is not the last is not held to the constraints above it (RFC 5280 §6.1.3 (b))."""
    assert found(constrained("DE", self_issued=True)) == []


def test_other_intermediate_is_not_exempt_from_name_constraints() -> None:
    """An intermediate of another name is held to the constraints above it."""
    assert found(constrained("DE", self_issued=False)) == [("name-constraint", 2)]


def test_self_issued_leaf_is_not_exempt_from_name_constraints() -> None:
    """The last certificate is held to the constraints, self-issued or not."""
    upper = below(ROOT, "Upper", extensions=(name_constraints(excluded=[("dNSName", "example.com")]),))
    certificate = leaf(upper, names.build(("CN", "Upper")), dns_names=(HOST,))
    assert certificate.is_self_issued
    assert found(path_of(certificate, upper)) == [("name-constraint", 1)]


def test_constraints_do_not_hold_for_their_own_certificate() -> None:
    """A CA's constraints are for what stands below it, not for its own name."""
    tree = names.build(("C", "DE"))
    authority = below(ROOT, "Outside", extensions=(name_constraints(permitted=[("directoryName", tree.der)]),))
    certificate = leaf(authority, names.build(("C", "DE"), ("CN", "x")))
    assert found(path_of(certificate, authority)) == []


def test_several_problems_are_all_found() -> None:
    """All that is wrong with a path is listed, leaf first."""
    authority = below(ROOT, is_ca=False, not_after=START + SECOND)
    path = path_of(leaf(authority, not_after=START + SECOND), authority)
    assert found(path, name="x.test") == [("expired", 0), ("expired", 1), ("not-a-ca", 1), ("name-mismatch", 0)]


def test_template_of_the_tests_is_a_ca() -> None:
    """What these tests call a CA is one, so that each failure has one reason."""
    assert ca_template("x").is_ca


def test_names_that_cannot_be_read_are_their_own_certificates_problem() -> None:
    """Where constraints meet names that cannot be read, the fault is with the names and not with the CA."""
    authority = below(ROOT, extensions=(PERMITTED,))
    assert found(path_of(leaf(authority, dns_names=(), extensions=(BROKEN_NAMES,)), authority)) == [("not-understood", 0)]


def test_names_are_compared_once_for_each_pair(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many paths a pair of certificates stands on, its names are compared with its constraints once."""
    compared = []
    violation = constraints.violation

    def counted(certificate: Certificate, limits: NameConstraints) -> str | None:
        compared.append(certificate)
        return violation(certificate, limits)

    monkeypatch.setattr(constraints, "violation", counted)
    authority = below(ROOT, extensions=(PERMITTED,))
    path = path_of(leaf(authority), authority)
    for _ in range(3):
        found(path)
    assert len(compared) == 1
