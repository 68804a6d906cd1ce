"""Our verdict on the server cases of x509-limbo: that a path verifies and ends in a trusted root, against what is expected."""

import json
import re
from base64 import b64decode
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from anchorkeep.judge import paths
from anchorkeep.judge.paths import Limits, PathSearch
from anchorkeep.model.certificate import Certificate
from anchorkeep.model.pool import Pool, Source, SourceKind

# The reading here is RFC 5280 §6 and RFC 9525, as common verifiers have it: what a CA must not issue is no reason for a path
# not to verify, and what the CA/Browser Forum asks for beyond that is a finding or nothing. Each case below is expected to
# fail, and verifies here.
_CRL = "Revocation is not checked, which README and `show` say."
_AKI = "§4.2.1.1 obliges CAs; §6.1 verifies signatures and does not ask for the identifier."
_SKI = "§4.2.1.2 obliges CAs; §6.1 verifies signatures and does not ask for the identifier."
_ROOT_AKI = "The Baseline Requirements' form of a root's authorityKeyIdentifier plays no part in §6.1."
_CN = "The common name identifies nothing (RFC 9525 §2), so what stands in it is not looked at."
_EKU = "The Baseline Requirements' form of extKeyUsage: by §4.2.1.12 the certificate may be used for servers."
_NC_PROFILE = "§4.2.1.10 obliges CAs; the constraint itself is understood and kept."
_PROFILE = "A duty of the CA's profile in §4, not a step of validation in §6.1."
_SERIAL = "§4.1.2.2 asks certificate users to handle serial numbers that break it gracefully; at most it is a note."
_PSL = "RFC 9525 §6.3 has no public suffixes; the list is no part of the product."
_KEY = "The Baseline Requirements' choice of keys: at most the finding `weak-key`, for the signature verifies."
_EMPTY_NC = "Empty subtrees constrain nothing; §4.2.1.10 forbids CAs to write them."
_CA_LEAF = "The Baseline Requirements forbid it; §6.1 puts no such demand on the last certificate."
_LEADING_PERIOD = "CAs write it, and OpenSSL and Java read it as all that is below the domain; so read, it is kept."
_EMPTY_SUBJECT = "§6.1.3 (a)(4) compares the names, and two empty ones are equal; the duty of §4.1.2.6 is the CA's."

DIFFERENCES = {
    "crl::revoked-certificate-with-crl": _CRL,
    "crl::crlnumber-missing": _CRL,
    "crl::crlnumber-critical": _CRL,
    "crl::issuer-missing-crlsign": _CRL,
    "rfc5280::aki::critical-aki": _PROFILE,
    "rfc5280::aki::leaf-missing-aki": _AKI,
    "rfc5280::aki::intermediate-missing-aki": _AKI,
    "rfc5280::aki::cross-signed-root-missing-aki": _AKI,
    "rfc5280::nc::permitted-dns-match-noncritical": _NC_PROFILE,
    "rfc5280::nc::invalid-dnsname-leading-period": _LEADING_PERIOD,
    "rfc5280::nc::not-allowed-in-ee-noncritical": _PROFILE,
    "rfc5280::nc::not-allowed-in-ee-critical": _PROFILE,
    "rfc5280::pc::ica-noncritical-pc": _PROFILE,
    "rfc5280::san::noncritical-with-empty-subject": _PROFILE,
    "rfc5280::san::underscore-dns": "Names with an underscore are in use; one matches itself bit by bit (RFC 9525 §6.3).",
    "rfc5280::serial::too-long": _SERIAL,
    "rfc5280::serial::zero": _SERIAL,
    "rfc5280::serial::negative": _SERIAL,
    "rfc5280::ski::critical-ski": _PROFILE,
    "rfc5280::ski::root-missing-ski": _SKI,
    "rfc5280::ski::intermediate-missing-ski": _SKI,
    "rfc5280::ca-empty-subject": _EMPTY_SUBJECT,
    "rfc5280::root-non-critical-basic-constraints": _PROFILE,
    "rfc5280::leaf-ku-keycertsign": _PROFILE,
    "webpki::aki::root-with-aki-missing-keyidentifier": _ROOT_AKI,
    "webpki::aki::root-with-aki-authoritycertissuer": _ROOT_AKI,
    "webpki::aki::root-with-aki-authoritycertserialnumber": _ROOT_AKI,
    "webpki::aki::root-with-aki-all-fields": _ROOT_AKI,
    "webpki::aki::root-with-aki-ski-mismatch": _ROOT_AKI,
    "webpki::cn::ipv4-hex-mismatch": _CN,
    "webpki::cn::ipv4-leading-zeros-mismatch": _CN,
    "webpki::cn::ipv6-uppercase-mismatch": _CN,
    "webpki::cn::ipv6-uncompressed-mismatch": _CN,
    "webpki::cn::ipv6-non-rfc5952-mismatch": _CN,
    "webpki::cn::punycode-not-in-san": _CN,
    "webpki::cn::utf8-vs-punycode-mismatch": _CN,
    "webpki::cn::not-in-san": _CN,
    "webpki::cn::case-mismatch": _CN,
    "webpki::eku::ee-anyeku": _EKU,
    "webpki::eku::ee-critical-eku": _EKU,
    "webpki::eku::ee-without-eku": _EKU,
    "webpki::eku::root-has-eku": _EKU,
    "webpki::nc::intermediate-permitted-excluded-subtrees-both-null": _EMPTY_NC,
    "webpki::nc::intermediate-permitted-excluded-subtrees-both-empty-sequences": _EMPTY_NC,
    "webpki::san::public-suffix-multi-label-wildcard-san": _PSL,
    "webpki::san::public-suffix-private-namespace-wildcard-san": _PSL,
    "webpki::san::san-critical-with-nonempty-subject": _PROFILE,
    "webpki::explicit-curve": "The parameters written out are those of P-256, and the signature verifies.",
    "webpki::malformed-aia": "authorityInfoAccess is not critical and plays no part in §6.1.",
    "webpki::forbidden-p192-root": _KEY,
    "webpki::forbidden-p192-leaf": _KEY,
    "webpki::forbidden-dsa-root": _KEY,
    "webpki::forbidden-dsa-leaf": _KEY,
    "webpki::forbidden-weak-rsa-key-in-root": _KEY,
    "webpki::forbidden-weak-rsa-in-leaf": _KEY,
    "webpki::forbidden-rsa-not-divisible-by-8-in-root": _KEY,
    "webpki::forbidden-rsa-key-not-divisible-by-8-in-leaf": _KEY,
    "webpki::ee-basicconstraints-ca": _CA_LEAF,
    "webpki::ca-as-leaf": _CA_LEAF,
}
# When cases that name no time are judged: limbo's certificates of this kind are valid from 1970 to 2969.
AT = datetime(2026, 11, 23, tzinfo=UTC)
# A chain without a bound in its case is searched within the default limits.
WITHOUT_BOUND = Limits()
# Looks at a certificate that the busiest case takes: a path of the greatest depth.
MOST_STEPS = WITHOUT_BOUND.depth
# Leaf and root, which limbo's depth does not count.
ENDS = 2


def decoded(text: str) -> Iterator[Certificate]:
    """Yield the certificates of a PEM text."""
    for block in re.findall(r"-----BEGIN CERTIFICATE-----(.+?)-----END CERTIFICATE-----", text, flags=re.DOTALL):
        yield Certificate(b64decode(block))


@cache
def server_cases(directory: Path) -> Mapping[str, dict[str, Any]]:
    """Return the cases about servers by their identifier."""
    cases = json.loads((directory / "x509-limbo.json").read_text(encoding="utf-8"))["testcases"]
    return {case["id"]: case for case in cases if case["validation_kind"] == "SERVER"}


def limits_of(case: dict[str, Any]) -> Limits:
    """Return the bounds that a case asks for; its depth counts intermediates as a path length does, without self-issued ones."""
    depth = case["max_chain_depth"]
    if depth is None:
        return WITHOUT_BOUND
    self_issued = sum(item.is_self_issued for text in case["untrusted_intermediates"] for item in decoded(text))
    return Limits(depth=depth + self_issued + ENDS)


def search(case: dict[str, Any]) -> PathSearch:
    """Return the paths of a case, its trusted certificates taken for Mozilla's list."""
    texts = [case["peer_certificate"], *case["untrusted_intermediates"]]
    sent = [certificate for text in texts for certificate in decoded(text)]
    trusted = [certificate for text in case["trusted_certs"] for certificate in decoded(text)]
    moment = case["validation_time"]
    return paths.build(
        sent,
        Pool.of(trusted, Source(kind=SourceKind.MOZILLA, name="limbo")),
        at=datetime.fromisoformat(moment) if moment else AT,
        name=(case["expected_peer_name"] or {}).get("value"),
        limits=limits_of(case),
    )


def verdict(case: dict[str, Any]) -> str:
    """Return the result in limbo's words."""
    verifies = any(path.verifies and path.is_public for path in search(case).paths)
    return "SUCCESS" if verifies else "FAILURE"


def pathological(directory: Path) -> dict[str, dict[str, Any]]:
    """Return the cases that are made to keep a path builder busy."""
    return {name: case for name, case in server_cases(directory).items() if name.startswith("pathological::")}


def test_verdicts_differ_where_the_table_says_so(vectors: Path) -> None:
    """Every case ends as limbo expects, except those of the table, which all differ."""
    differing = {name for name, case in server_cases(vectors).items() if verdict(case) != case["expected_result"]}
    assert differing == set(DIFFERENCES)


def test_differences_are_never_refusals(vectors: Path) -> None:
    """What limbo expects to verify verifies here: all differences are strictness beyond RFC 5280."""
    assert {server_cases(vectors)[name]["expected_result"] for name in DIFFERENCES} == {"FAILURE"}


def test_limbo_holds_what_is_counted(vectors: Path) -> None:
    """The file is the one that the table was made for."""
    cases = server_cases(vectors)
    successes = sum(case["expected_result"] == "SUCCESS" for case in cases.values())
    assert (len(cases), successes, len(pathological(vectors))) == (184, 44, 11)


def test_pathological_cases_end_within_the_limits(vectors: Path) -> None:
    """Chains made to keep a path builder busy end within the default bounds, and say so where they were cut."""
    for case in pathological(vectors).values():
        result = search(case)
        assert result.steps <= WITHOUT_BOUND.steps
        assert result.signature_checks <= WITHOUT_BOUND.signature_checks
        assert len(result.paths) <= WITHOUT_BOUND.paths
        assert result.exhausted is None or result.exhausted in {"signature checks", "depth", "paths"}


def test_pathological_cases_are_few_steps(vectors: Path) -> None:
    """None takes many looks at a certificate: the bounds on depth, checks and paths end it long before the steps do."""
    assert max(search(case).steps for case in pathological(vectors).values()) <= MOST_STEPS


def test_depth_is_limbos_depth(vectors: Path) -> None:
    """A chain with one intermediate more than a case allows is cut at its depth, and only that one."""
    depths = {name: search(case).exhausted for name, case in server_cases(vectors).items() if case["max_chain_depth"] is not None}
    assert {name for name, exhausted in depths.items() if exhausted == "depth"} == {
        name for name in depths if name.endswith("-exhausted")
    }
