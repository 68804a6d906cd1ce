import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from anchorkeep.errors import CertificateError
from anchorkeep.judge import defect, retrieval
from anchorkeep.judge.paths import Limits
from anchorkeep.mint import key as keys
from anchorkeep.mint import name as names
from anchorkeep.model import oid
from anchorkeep.model.certificate import Certificate
from anchorkeep.model.chain import Failure, Stage
from anchorkeep.model.finding import Finding, Severity
from anchorkeep.model.name import Name
from anchorkeep.model.retrieval import Retrieval
from anchorkeep.tlv import writer
from tests.judge import test_vantage as ways
from tests.judge.conftest import (
    AT,
    HOST,
    LEAF_KEY,
    START,
    below,
    build,
    ca_template,
    changed,
    extension,
    inspect,
    leaf,
    name_constraints,
    pool,
    public,
    root,
    template,
)
from tests.repository.test_findings import finding_ids, sections

NOTE, WARNING, ERROR = Severity.NOTE, Severity.WARNING, Severity.ERROR
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)

ROOT = root()
CA = below(ROOT)
LEAF = leaf(CA)
SENT = [LEAF, CA.certificate]
RSA_ROOT = root("RSA Root", key=keys.generate("RSA 2048"))
BROKEN = extension(oid.KEY_USAGE, b"\x30\x05")
INTERNAL = "www.corp.internal"
FAILURE = Failure(stage=Stage.HANDSHAKE, reason="alert", message="The server sent an alert.", remedy="Ask.")

Make = Callable[[], tuple[Finding, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One thing that is found, and the same chain without it."""

    id: str
    severity: Severity
    present: Make
    absent: Make
    about: tuple[Certificate, ...] | None = None


def fine(**changes: object) -> tuple[Finding, ...]:
    """Return the findings about a chain as it should be, its leaf as a test changed it."""
    return inspect([leaf(CA, **changes), CA.certificate], public(ROOT.certificate))


def under(**changes: object) -> tuple[Finding, ...]:
    """Return the findings about a chain whose intermediate a test changed."""
    authority = below(ROOT, **changes)
    return inspect([leaf(authority), authority.certificate], public(ROOT.certificate))


def sent(*certificates: Certificate, **options: object) -> tuple[Finding, ...]:
    """Return the findings about what was sent, below a public root."""
    return inspect(certificates, public(ROOT.certificate), **options)


def lone(**changes: object) -> Certificate:
    """Return a self-signed certificate of a server."""
    return root(HOST, dns_names=(HOST,), **changes).certificate


def issued(days: int, *, seconds: int = 0, since: tuple[int, int] = (2026, 11), known: bool = True) -> tuple[Finding, ...]:
    """Return the findings about a leaf that lives so long, issued then, below a public root or a private one."""
    start = START.replace(year=since[0], month=since[1])
    end = start + timedelta(days=days, seconds=seconds) - SECOND
    old = root("Old Root", not_before=start, not_after=START + timedelta(days=4000))
    certificate = leaf(old, not_before=start, not_after=end)
    return inspect([certificate], (public if known else pool)(old.certificate), at=start + DAY)


def for_key(label: str) -> tuple[Finding, ...]:
    """Return the findings about a leaf with a key of a kind."""
    return sent(ROOT.sign(template(), keys.public_key(keys.generate(label))))


def hashed(name: str) -> tuple[Finding, ...]:
    """Return the findings about a leaf signed over a hash."""
    return inspect([leaf(RSA_ROOT, hash_name=name)], public(RSA_ROOT.certificate))


def md5_signed() -> tuple[Finding, ...]:
    """Return the findings about a leaf that says MD5; with it nobody signs any more, so that nobody issued it either."""
    algorithm = keys.signature_algorithm(RSA_ROOT.key, "md5")
    issuer, key = RSA_ROOT.certificate.subject, keys.public_key(LEAF_KEY)
    tbs = template().tbs(key, issuer=issuer, algorithm=algorithm, authority_key_identifier=None)
    return inspect([Certificate(writer.sequence(tbs, algorithm, writer.bit_string(bytes(256))))])


def unknown_algorithm() -> tuple[Finding, ...]:
    """Return the findings about a leaf whose signature nobody here can check, though its issuer is known."""
    algorithm = writer.sequence(writer.oid("1.2.3.4"))
    issuer, key = ROOT.certificate.subject, keys.public_key(LEAF_KEY)
    tbs = template().tbs(key, issuer=issuer, algorithm=algorithm, authority_key_identifier=None)
    return sent(Certificate(writer.sequence(tbs, algorithm, writer.bit_string(bytes(64)))))


def mismatched() -> tuple[Finding, ...]:
    """Return the findings about a leaf that names one algorithm inside and another outside."""
    inner, outer = (keys.signature_algorithm(ROOT.key, name) for name in ("sha384", "sha256"))
    issuer, key = ROOT.certificate.subject, keys.public_key(LEAF_KEY)
    tbs = template().tbs(key, issuer=issuer, algorithm=inner, authority_key_identifier=None)
    return sent(Certificate(writer.sequence(tbs, outer, writer.bit_string(keys.sign(ROOT.key, tbs)))))


def named(subject: Name | str = HOST, **changes: object) -> tuple[Finding, ...]:
    """Return the findings about a leaf of a name."""
    return sent(leaf(ROOT, subject, **changes))


def sent_below_sha1_root() -> tuple[Finding, ...]:
    """Return the findings about a good leaf below a root that signed itself over SHA-1."""
    old = root("Old RSA Root", key=RSA_ROOT.key, hash_name="sha1")
    return inspect([leaf(old)], public(old.certificate))


def deep(*, path_length: int) -> tuple[Finding, ...]:
    """Return the findings about a chain of two intermediates, the upper with a path length."""
    upper = below(ROOT, "Upper", path_length=path_length)
    lower = below(upper, "Lower")
    return sent(leaf(lower), lower.certificate, upper.certificate)


def constrained(permitted: str) -> tuple[Finding, ...]:
    """Return the findings about a chain whose intermediate may issue for one domain only."""
    return under(extensions=(name_constraints(permitted=[("dNSName", permitted)]),))


def private(name: str | None, *, alone: bool = False) -> tuple[Finding, ...]:
    """Return the findings about a chain below a root that is not public."""
    if alone:
        return inspect([lone()], name=name)
    return inspect([leaf(CA, dns_names=(HOST, INTERNAL)), CA.certificate], pool(ROOT.certificate), name=name)


def limited(limits: Limits | None) -> tuple[Finding, ...]:
    """Return the findings about a search within limits."""
    return sent(*SENT, limits=limits)


def crossing() -> tuple[Finding, ...]:
    """Return the findings about a chain with a cross-signature that the best path does not need."""
    new = root("New Root")
    crossed = new.sign(ca_template(ROOT.certificate.subject), ROOT.certificate.public_key)
    return sent(*SENT, crossed)


UNKNOWN_EXTENSION = extension("1.2.3.4.5", b"\x05\x00")
CLIENT_AUTH = "1.3.6.1.5.5.7.3.2"
IMPOSTOR = root("Example Root").certificate
FORGED = changed(LEAF)
STRAY = root("Stray Root").certificate
UPSIDE_DOWN = [CA.certificate, LEAF]
UNREADABLE = Certificate(b"\x30\x00")
BAD_EXTENSION = leaf(ROOT, key_usage=(), extensions=(BROKEN,))
NEGATIVE = leaf(ROOT, serial_number=-1)
BROKEN_NAME = Name(writer.sequence(writer.set_of(writer.sequence(writer.oid(oid.COMMON_NAME)))))

INSPECTOR = root(names.build(("O", "Zscaler Inc."), ("CN", "Zscaler Root CA")))
INSPECTED = leaf(INSPECTOR)

CASES = {
    "a failed handshake": Case(
        id="handshake-failed", severity=WARNING, present=lambda: sent(*SENT, failure=FAILURE), absent=lambda: sent(*SENT)
    ),
    "a handshake that failed for want of a client certificate": Case(
        id="handshake-failed",
        severity=NOTE,
        present=lambda: sent(*SENT, failure=FAILURE, client_certificate_requested=True),
        absent=lambda: sent(*SENT, client_certificate_requested=True),
    ),
    "a demand for a client certificate": Case(
        id="client-certificate-requested",
        severity=NOTE,
        present=lambda: sent(*SENT, client_certificate_requested=True),
        absent=lambda: sent(*SENT, failure=FAILURE),
    ),
    "a certificate sent twice": Case(
        id="certificate-duplicate",
        severity=WARNING,
        present=lambda: sent(*SENT, CA.certificate),
        absent=lambda: sent(*SENT),
        about=(CA.certificate,),
    ),
    "a certificate of somebody else": Case(
        id="certificate-unrelated",
        severity=WARNING,
        present=lambda: sent(*SENT, STRAY),
        absent=crossing,
        about=(STRAY,),
    ),
    "company that a stopped search did not place": Case(
        id="certificate-unrelated",
        severity=WARNING,
        present=lambda: sent(*SENT, STRAY),
        absent=lambda: sent(*SENT, STRAY, limits=Limits(steps=1)),
    ),
    "the root among what was sent": Case(
        id="root-sent",
        severity=NOTE,
        present=lambda: sent(*SENT, ROOT.certificate),
        absent=lambda: sent(*SENT),
        about=(ROOT.certificate,),
    ),
    "an unreadable certificate, which is no root": Case(
        id="root-sent",
        severity=NOTE,
        present=lambda: sent(*SENT, ROOT.certificate, UNREADABLE),
        absent=lambda: sent(*SENT, UNREADABLE),
        about=(ROOT.certificate,),
    ),
    "a leaf that is not the first": Case(
        id="chain-order",
        severity=ERROR,
        present=lambda: sent(*UPSIDE_DOWN, leaf=LEAF),
        absent=lambda: sent(*SENT, leaf=LEAF),
        about=(CA.certificate,),
    ),
    "intermediates in the wrong order": Case(
        id="chain-order",
        severity=WARNING,
        present=lambda: sent(LEAF, ROOT.certificate, CA.certificate),
        absent=lambda: sent(LEAF, CA.certificate, ROOT.certificate),
    ),
    "a certificate that nobody reads": Case(
        id="certificate-not-understood",
        severity=WARNING,
        present=lambda: sent(*SENT, UNREADABLE),
        absent=lambda: sent(*SENT),
        about=(UNREADABLE,),
    ),
    "a certificate with an extension that nobody reads": Case(
        id="certificate-not-understood",
        severity=WARNING,
        present=lambda: sent(BAD_EXTENSION),
        absent=lambda: sent(NEGATIVE),
        about=(BAD_EXTENSION,),
    ),
    "a name that nobody reads": Case(
        id="certificate-not-understood",
        severity=WARNING,
        present=lambda: named(BROKEN_NAME),
        absent=named,
    ),
    "a negative serial number": Case(
        id="certificate-malformed",
        severity=NOTE,
        present=lambda: sent(NEGATIVE),
        absent=lambda: sent(leaf(ROOT)),
        about=(NEGATIVE,),
    ),
    "NULL parameters of ECDSA": Case(
        id="certificate-malformed",
        severity=NOTE,
        present=lambda: fine(null_parameters=True),
        absent=fine,
    ),
    "line ends in a name": Case(
        id="hostile-name",
        severity=WARNING,
        present=lambda: named(names.build(("CN", "a\n-----BEGIN CERTIFICATE-----"))),
        absent=lambda: named(names.build(("CN", "B\u00fccher [/red] \\n \u4f8b"))),
    ),
    "a mark of direction in an alternative name": Case(
        id="hostile-name",
        severity=WARNING,
        present=lambda: named(dns_names=(HOST, "a\x07.example.com")),
        absent=lambda: named(dns_names=(HOST, "b.example.com")),
    ),
    "a search that was stopped": Case(
        id="path-search-stopped",
        severity=WARNING,
        present=lambda: limited(Limits(steps=1)),
        absent=lambda: limited(None),
    ),
    "a forged leaf": Case(
        id="signature-invalid",
        severity=ERROR,
        present=lambda: sent(FORGED, CA.certificate),
        absent=lambda: sent(*SENT),
        about=(FORGED, CA.certificate),
    ),
    "an issuer of the right name with another key": Case(
        id="signature-invalid",
        severity=ERROR,
        present=lambda: inspect(SENT, public(IMPOSTOR)),
        absent=lambda: inspect(SENT, public(IMPOSTOR, ROOT.certificate)),
        about=(CA.certificate, IMPOSTOR),
    ),
    "a signature that cannot be checked": Case(
        id="root-unknown", severity=WARNING, present=unknown_algorithm, absent=lambda: sent(leaf(ROOT))
    ),
    "an intermediate that was not sent": Case(
        id="intermediate-missing",
        severity=ERROR,
        present=lambda: inspect([LEAF], public(ROOT.certificate) | pool(CA.certificate)),
        absent=lambda: inspect(SENT, public(ROOT.certificate) | pool(CA.certificate)),
        about=(CA.certificate,),
    ),
    "an intermediate that is nowhere": Case(
        id="intermediate-missing",
        severity=ERROR,
        present=lambda: sent(LEAF),
        absent=lambda: sent(*SENT),
        about=(LEAF,),
    ),
    "a self-signed CA as a server": Case(
        id="self-signed", severity=WARNING, present=lambda: inspect([lone()]), absent=lambda: sent(*SENT)
    ),
    "a self-signed certificate that is no CA": Case(
        id="self-signed",
        severity=WARNING,
        present=lambda: inspect([lone(is_ca=False)]),
        absent=lambda: inspect([changed(lone(is_ca=False))]),
    ),
    "a root that only the server knows": Case(
        id="root-unknown",
        severity=WARNING,
        present=lambda: inspect([*SENT, ROOT.certificate]),
        absent=lambda: inspect([*SENT, ROOT.certificate], pool(ROOT.certificate)),
        about=(ROOT.certificate,),
    ),
    "a path that ends in the air": Case(
        id="root-unknown",
        severity=WARNING,
        present=lambda: inspect(SENT),
        absent=lambda: sent(*SENT),
        about=(CA.certificate,),
    ),
    "a path that the search did not follow to its end": Case(
        id="root-unknown",
        severity=WARNING,
        present=lambda: inspect(SENT, limits=Limits(depth=3)),
        absent=lambda: sent(*SENT, limits=Limits(depth=2)),
    ),
    "a root of another pool": Case(
        id="root-private",
        severity=NOTE,
        present=lambda: inspect(SENT, pool(ROOT.certificate)),
        absent=lambda: inspect(SENT, pool(ROOT.certificate) | public(ROOT.certificate)),
        about=(ROOT.certificate,),
    ),
    "a public name below a private root": Case(
        id="interception-suspected",
        severity=WARNING,
        present=lambda: private(HOST),
        absent=lambda: private(INTERNAL),
        about=(ROOT.certificate,),
    ),
    "a public name by intermediates of nobody known": Case(
        id="interception-suspected",
        severity=WARNING,
        present=lambda: inspect([leaf(CA, dns_names=(HOST, INTERNAL)), CA.certificate], name=HOST),
        absent=lambda: inspect([leaf(CA, dns_names=(HOST, INTERNAL)), CA.certificate], name=INTERNAL),
        about=(CA.certificate,),
    ),
    "a public name below a public root": Case(
        id="interception-suspected", severity=WARNING, present=lambda: private(HOST), absent=fine
    ),
    "no name asked for": Case(
        id="interception-suspected", severity=WARNING, present=lambda: private(HOST), absent=lambda: private(None)
    ),
    "a self-signed server, which intercepts nothing": Case(
        id="interception-suspected",
        severity=WARNING,
        present=lambda: private(HOST),
        absent=lambda: private(HOST, alone=True),
    ),
    "an issuer named like an inspector": Case(
        id="interception-known-issuer",
        severity=WARNING,
        present=lambda: inspect([INSPECTED]),
        absent=lambda: inspect([INSPECTED], public(INSPECTOR.certificate)),
        about=(INSPECTED,),
    ),
    "another chain by another way": Case(
        id="interception-difference",
        severity=WARNING,
        present=lambda: ways.by_another_way(ways.seen(*ways.OTHER)),
        absent=lambda: ways.by_another_way(ways.seen(*ways.CHAIN)),
        about=(ways.FIRST, ways.SECOND),
    ),
    "another way that does not lead there": Case(
        id="comparison-failed",
        severity=WARNING,
        present=lambda: ways.by_another_way(ways.REFUSED),
        absent=lambda: ways.by_another_way(ways.seen(*ways.OTHER)),
    ),
    "nodes with other certificates": Case(
        id="nodes-differ",
        severity=WARNING,
        present=lambda: ways.nodes(ways.seen(*ways.CHAIN), ways.seen(*ways.OTHER)),
        absent=lambda: ways.nodes(ways.seen(*ways.CHAIN), ways.seen(*ways.CHAIN)),
        about=(ways.FIRST, ways.SECOND),
    ),
    "a node that does not answer": Case(
        id="node-unreachable",
        severity=WARNING,
        present=lambda: ways.nodes(ways.seen(*ways.CHAIN), ways.REFUSED),
        absent=lambda: ways.nodes(ways.seen(*ways.CHAIN), ways.seen(*ways.OTHER)),
    ),
    "more nodes than are looked at": Case(
        id="nodes-left-out",
        severity=NOTE,
        present=lambda: ways.nodes(ways.seen(*ways.CHAIN), left_out=3),
        absent=lambda: ways.nodes(ways.seen(*ways.CHAIN)),
    ),
    "types of key that cannot be asked for": Case(
        id="key-types-unknown",
        severity=NOTE,
        present=lambda: ways.key_types(ways.failed("protocol-version"), ways.failed("protocol-version")),
        absent=lambda: ways.key_types(ways.seen(*ways.CHAIN), ways.failed("alert")),
    ),
    "a short key": Case(
        id="weak-key",
        severity=WARNING,
        present=lambda: for_key("RSA 1024"),
        absent=lambda: for_key("RSA 2048"),
    ),
    "SHA-1": Case(id="weak-signature", severity=WARNING, present=lambda: hashed("sha1"), absent=lambda: hashed("sha256")),
    "SHA-1 in the root, which nobody verifies": Case(
        id="weak-signature",
        severity=WARNING,
        present=lambda: hashed("sha1"),
        absent=sent_below_sha1_root,
    ),
    "MD5": Case(id="weak-signature", severity=ERROR, present=md5_signed, absent=lambda: hashed("sha512")),
    "a life of 200 days and a second": Case(
        id="lifetime-too-long",
        severity=WARNING,
        present=lambda: issued(200, seconds=1),
        absent=lambda: issued(200),
    ),
    "a life of 398 days and a second": Case(
        id="lifetime-too-long",
        severity=WARNING,
        present=lambda: issued(398, seconds=1, since=(2024, 11)),
        absent=lambda: issued(398, since=(2024, 11)),
    ),
    "a life of 825 days and a second": Case(
        id="lifetime-too-long",
        severity=WARNING,
        present=lambda: issued(825, seconds=1, since=(2019, 11)),
        absent=lambda: issued(825, since=(2019, 11)),
    ),
    "a life from before there was a limit": Case(
        id="lifetime-too-long",
        severity=WARNING,
        present=lambda: issued(1000),
        absent=lambda: issued(1000, since=(2017, 11)),
    ),
    "a long life below a private root": Case(
        id="lifetime-too-long",
        severity=WARNING,
        present=lambda: issued(1000),
        absent=lambda: issued(1000, known=False),
    ),
    "an issuer URL that gave nothing": Case(
        id="aia-failed",
        severity=NOTE,
        present=lambda: retrieval.inspect([Retrieval(certificate=LEAF, url="http://ca.test/", reason="status", message="No.")]),
        absent=lambda: retrieval.inspect([Retrieval(certificate=LEAF, url="http://ca.test/", certificates=(CA.certificate,))]),
        about=(LEAF,),
    ),
    "a rule that could not be applied": Case(
        id="not-judged",
        severity=ERROR,
        present=lambda: defect.inspect(CertificateError("A field cannot be read.")),
        absent=lambda: defect.inspect(None),
        about=(),
    ),
    "expired": Case(id="expired", severity=ERROR, present=lambda: fine(not_after=AT - SECOND), absent=lambda: fine(not_after=AT)),
    "not yet valid": Case(
        id="not-yet-valid", severity=ERROR, present=lambda: fine(not_before=AT + SECOND), absent=lambda: fine(not_before=AT)
    ),
    "two algorithms": Case(id="algorithm-mismatch", severity=ERROR, present=mismatched, absent=fine),
    "an extension twice": Case(
        id="duplicate-extension",
        severity=ERROR,
        present=lambda: fine(extensions=(UNKNOWN_EXTENSION,) * 2),
        absent=lambda: fine(extensions=(UNKNOWN_EXTENSION,)),
    ),
    "an unknown critical extension": Case(
        id="unknown-critical-extension",
        severity=ERROR,
        present=lambda: fine(extensions=(replace(UNKNOWN_EXTENSION, critical=True),)),
        absent=lambda: fine(extensions=(UNKNOWN_EXTENSION,)),
    ),
    "another purpose": Case(
        id="wrong-purpose", severity=ERROR, present=lambda: fine(extended_key_usage=(CLIENT_AUTH,)), absent=fine
    ),
    "another name": Case(id="name-mismatch", severity=ERROR, present=lambda: fine(dns_names=("x.example.com",)), absent=fine),
    "an issuer that is no CA": Case(id="not-a-ca", severity=ERROR, present=lambda: under(is_ca=False), absent=under),
    "an issuer that may not sign": Case(
        id="wrong-key-usage", severity=ERROR, present=lambda: under(key_usage=("cRLSign",)), absent=under
    ),
    "an intermediate too many": Case(
        id="path-too-long",
        severity=ERROR,
        present=lambda: deep(path_length=0),
        absent=lambda: deep(path_length=1),
    ),
    "a name outside of the constraints": Case(
        id="name-constraint",
        severity=ERROR,
        present=lambda: constrained("example.org"),
        absent=lambda: constrained("example.com"),
    ),
    "an issuer that cannot be read": Case(
        id="not-understood", severity=ERROR, present=lambda: under(key_usage=(), extensions=(BROKEN,)), absent=under
    ),
}


def of(findings: tuple[Finding, ...], case: Case) -> list[Finding]:
    """Return the findings that a case is about."""
    return [item for item in findings if item.id == case.id]


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_finding_is_made(case: Case) -> None:
    """What is wrong with a chain is found once, as bad as it is, with the certificates it is about."""
    (finding,) = of(case.present(), case)
    assert finding.severity is case.severity
    assert case.about is None or finding.certificates == case.about


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_finding_is_not_made_without_reason(case: Case) -> None:
    """The same chain without that one thing gets no such finding."""
    assert not of(case.absent(), case)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_finding_that_asks_for_something_says_what_to_do(case: Case) -> None:
    """A warning and an error come with a remedy; a note asks for nothing, or says for what."""
    (finding,) = of(case.present(), case)
    assert finding.remedy or finding.severity is NOTE


def test_every_finding_has_a_case() -> None:
    """Every identifier that the rules can give of a chain stands in the table above; those of stores have tests of their own."""
    assert {case.id for case in CASES.values()} == finding_ids() - finding_ids("store.py")


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_severity_is_documented(case: Case) -> None:
    """The reference names the severity that a finding has."""
    severity = re.search(r"\*\*Severity:\*\* (.+)", sections()[case.id])
    assert severity is not None
    assert case.severity.label in re.findall(r"\w+", severity[1])


def test_chain_as_it_should_be_has_no_finding() -> None:
    """A chain in order, below a public root, for the name and the time, has no finding at all."""
    assert fine() == ()


def test_worst_comes_first() -> None:
    """Findings are sorted, the worst first."""
    findings = inspect([LEAF, STRAY], pool(CA.certificate, ROOT.certificate), client_certificate_requested=True)
    severities = [item.severity for item in findings]
    assert severities == sorted(severities, reverse=True)
    assert set(severities) == {NOTE, WARNING, ERROR}


def test_nothing_sent_has_no_finding() -> None:
    """From nothing, nothing is concluded."""
    assert inspect([]) == ()


def test_forged_signatures_are_one_finding() -> None:
    """However many certificates of the issuer's name there are, that none of them signed is said once."""
    impostors = [root("Example Root").certificate for _ in range(5)]
    (finding,) = (item for item in inspect(SENT, public(*impostors)) if item.id == "signature-invalid")
    assert set(finding.certificates) == {CA.certificate, *impostors}


def test_stopped_search_calls_nothing_untrusted() -> None:
    """A search that its budget ended says so, and neither that the root is unknown nor that a signature is forged."""
    impostors = [root("Example Root").certificate for _ in range(5)]
    findings = inspect(SENT, public(*impostors, ROOT.certificate), limits=Limits(signature_checks=2))
    assert {item.id for item in findings} == {"path-search-stopped"}


def test_stopped_search_names_its_work_and_its_bound() -> None:
    """The finding about a stopped search counts the work and names the bound that ended it."""
    (finding,) = limited(Limits(steps=1))
    assert "1 step and 1 signature check (limit: steps)" in finding.message


def test_other_key_of_the_issuer_is_no_missing_certificate() -> None:
    """Where the issuer's name is known with another key only, nothing is said of a certificate that nobody has."""
    (finding,) = (item for item in inspect(SENT, pool(IMPOSTOR)) if item.id == "root-unknown")
    assert "with other keys only" in finding.message


def test_unreadable_leaf_is_not_understood_and_no_more() -> None:
    """About a leaf that cannot be read nothing is said but that."""
    assert {item.id for item in inspect([UNREADABLE])} == {"certificate-not-understood", "not-understood"}


def test_private_root_names_where_it_was_found() -> None:
    """The note about a private root names the places, and what the server sent is none."""
    known = pool(ROOT.certificate, name="a.pem") | pool(ROOT.certificate, name="b\x1b.pem")
    (finding,) = (item for item in inspect([*SENT, ROOT.certificate], known, name=INTERNAL) if item.id == "root-private")
    assert finding.message.endswith("found in a.pem, b\\x1b.pem.")


def test_many_certificates_are_counted() -> None:
    """A finding about many certificates names three and counts the others."""
    strays = [root(f"Stray {number}").certificate for number in range(5)]
    (finding,) = (item for item in sent(*SENT, *strays) if item.id == "certificate-unrelated")
    assert "Stray 0, Stray 1, Stray 2 and 2 more" in finding.message


def test_lifetime_counts_days_that_have_begun() -> None:
    """A second more than 398 days is 399 days (Baseline Requirements §6.3.2)."""
    (finding,) = issued(398, seconds=1, since=(2024, 11))
    assert "lives 399 days" in finding.message


def test_lifetime_that_cannot_be_read_is_none() -> None:
    """Without readable dates nothing is said of the lifetime."""
    timeless = leaf(ROOT, not_after=writer.encode(0x17, b"never"))
    assert not {"lifetime-too-long"} & {item.id for item in sent(timeless)}


def test_key_that_cannot_be_read_is_not_called_weak() -> None:
    """Of a certificate that is no certificate neither key nor signature is judged."""
    assert not {"weak-key", "weak-signature"} & {item.id for item in inspect([UNREADABLE])}


def test_root_that_cannot_be_read_is_not_called_sent() -> None:
    """Whether a self-issued certificate with broken constraints is a root cannot be told, so it is not called one."""
    broken = extension(oid.BASIC_CONSTRAINTS, b"\x05\x00")
    odd = root("Odd Root", has_basic_constraints=False, extensions=(broken,))
    ids = {item.id for item in inspect([leaf(odd), odd.certificate])}
    assert "certificate-not-understood" in ids
    assert "root-sent" not in ids


def test_hostile_name_is_escaped_in_messages() -> None:
    """No message holds a control character that a name brought along."""
    findings = named(names.build(("CN", "a\n\x1b[31m\u202eb")), dns_names=("x\x1b.example.com",))
    assert {"hostile-name", "name-mismatch"} <= {item.id for item in findings}
    assert all(item.message.isprintable() for item in findings)


def test_search_of_the_tests_is_the_search_of_the_product() -> None:
    """What these tests inspect verifies, so that each finding has one reason."""
    assert build(SENT, public(ROOT.certificate)).paths[0].verifies
