from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from anchorkeep.lab import hostile, pki, site
from anchorkeep.lab.mode import MANY, SLOW_SECONDS, Mode
from anchorkeep.lab.state import Environment, State
from anchorkeep.model.certificate import Certificate
from anchorkeep.observe.listener import Fault
from anchorkeep.tlv import writer
from tests.peers.authorities import openssl_verify

AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOST = site.hosts("uat")[0]


def lab(mode: Mode) -> State:
    """Return a lab whose UAT misbehaves."""
    state = pki.found(at=AT, entropy=Random(1).randbytes)
    return pki.misbehave(state, mode, names=("uat",), at=AT, entropy=Random(2).randbytes)


def uat(mode: Mode) -> Environment:
    """Return UAT in a mode."""
    return lab(mode).environment("uat")


def presented(mode: Mode) -> tuple[Certificate, ...]:
    """Return what UAT presents in a mode."""
    return uat(mode).presentation.certificates


def verdict(mode: Mode, directory: Path) -> str:
    """Return what OpenSSL says of UAT in a mode."""
    state = lab(mode)
    chain = state.environment("uat").presentation.certificates
    return openssl_verify(chain, pki.certificates(state), directory, host=HOST, at=AT)


@pytest.mark.parametrize("mode", Mode)
def test_every_mode_touches_its_environment_alone(mode: Mode) -> None:
    """The mode is UAT's, says in a line what it does, and Production goes on behaving."""
    state = lab(mode)
    assert state.environment("uat").mode is mode
    assert state.environment("production").mode is Mode.NONE
    assert state.environment("production").fault is None
    assert mode.summary


@pytest.mark.interop
@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        (Mode.NONE, "leaf: OK"),
        (Mode.NO_INTERMEDIATE, "unable to get local issuer certificate"),
        (Mode.REVERSED, "leaf: OK"),
        (Mode.DUPLICATE, "leaf: OK"),
        (Mode.UNRELATED, "leaf: OK"),
        (Mode.ROOT_SENT, "leaf: OK"),
        (Mode.EXPIRED, "certificate has expired"),
        (Mode.NOT_YET_VALID, "certificate is not yet valid"),
        (Mode.WRONG_NAME, "hostname mismatch"),
        (Mode.SELF_SIGNED, "self-signed certificate"),
        (Mode.HOSTILE_NAMES, "leaf: OK"),
        (Mode.MANY, "leaf: OK"),
        (Mode.UNKNOWN_CA, "unable to get"),
        (Mode.NULL_PARAMETERS, "leaf: OK"),
        (Mode.NEGATIVE_SERIAL, "leaf: OK"),
        (Mode.CLIENT_CERTIFICATE, "leaf: OK"),
        (Mode.DUAL_KEYS, "leaf: OK"),
        (Mode.NODES_DIFFER, "leaf: OK"),
        (Mode.TLS_1_2_ONLY, "leaf: OK"),
        (Mode.TLS_1_3_ONLY, "leaf: OK"),
    ],
)
def test_openssl_judges_a_mode(mode: Mode, expected: str, tmp_path: Path) -> None:
    """OpenSSL refuses a mode for the fault it is named after, and takes those that are only odd."""
    assert expected in verdict(mode, tmp_path)


def test_arrangements_are_what_they_are_named_after() -> None:
    """Each mode that only arranges certificates sends the proper ones, in the arrangement of its name."""
    state = lab(Mode.NONE)
    leaf, intermediate = state.environment("uat").identity.chain
    root = state.roots[0].certificate

    def arranged(mode: Mode) -> tuple[Certificate, ...]:
        after = pki.misbehave(state, mode, at=AT, entropy=Random(3).randbytes)
        return after.environment("uat").presentation.certificates

    assert arranged(Mode.NONE) == (leaf, intermediate)
    assert arranged(Mode.NO_INTERMEDIATE) == (leaf,)
    assert arranged(Mode.REVERSED) == (leaf, root, intermediate)
    assert arranged(Mode.DUPLICATE) == (leaf, intermediate, intermediate)
    assert arranged(Mode.ROOT_SENT) == (leaf, intermediate, root)
    *proper, unrelated = arranged(Mode.UNRELATED)
    assert proper == [leaf, intermediate]
    assert unrelated.subject.canonical not in {c.issuer.canonical for c in (leaf, intermediate, root)}


def test_dates_are_off_by_ten_days() -> None:
    """The expired certificate ended ten days ago, the early one begins in ten days."""
    assert presented(Mode.EXPIRED)[0].not_after == AT - timedelta(days=10)
    assert presented(Mode.NOT_YET_VALID)[0].not_before == AT + timedelta(days=10)


def test_wrong_name_is_another_host() -> None:
    """The certificate with the wrong name names neither of the environment's hosts."""
    names = {item.value for item in presented(Mode.WRONG_NAME)[0].subject_alt_names}
    assert names
    assert not names & set(site.hosts("uat"))


def test_self_signed_is_alone_and_its_own_issuer() -> None:
    """The self-signed certificate is the only one sent, names itself as issuer and is no CA."""
    (leaf,) = presented(Mode.SELF_SIGNED)
    assert leaf.is_self_issued
    assert not leaf.is_ca


def test_weaknesses_are_in_the_leaf() -> None:
    """SHA-1, a short key, NULL parameters and a negative number are each in the leaf of their mode."""
    proper = presented(Mode.NONE)[0]
    assert presented(Mode.SHA1)[0].signature_hash == "sha1" != proper.signature_hash
    assert presented(Mode.WEAK_KEY)[0].public_key.label == "RSA 1024" != proper.public_key.label
    assert presented(Mode.NULL_PARAMETERS)[0].signature_parameters == writer.NULL != proper.signature_parameters
    assert presented(Mode.NEGATIVE_SERIAL)[0].serial_number < 0 < proper.serial_number


def test_unknown_ca_is_none_of_the_labs() -> None:
    """The chain to an unknown root shares no certificate and no name with the lab's own."""
    state = lab(Mode.UNKNOWN_CA)
    own = {c.certificate.subject.canonical for c in (*state.roots, *state.intermediates)}
    assert not {c.issuer.canonical for c in state.environment("uat").presentation.certificates} & own


def test_sizes_lie_on_both_sides_of_openssls_limit() -> None:
    """200 certificates stay below the 102,400 bytes OpenSSL takes, the large ones exceed it with few."""
    many, large = presented(Mode.MANY), presented(Mode.TOO_LARGE)
    assert len(many) == len(set(many)) == MANY == 200
    # 5 octets a certificate in TLS 1.3's message (RFC 8446 §4.4.2).
    assert sum(len(c.der) + 5 for c in many) < 102_400 < sum(len(c.der) for c in large)
    assert len(large) == 5


def test_hostile_names_hold_what_they_must() -> None:
    """Subject and SAN hold line feeds, a PEM block, markup, escapes and direction marks, beside the true names."""
    leaf = presented(Mode.HOSTILE_NAMES)[0]
    for text in (leaf.subject.common_name, leaf.subject_alt_names[-1].value):
        assert all(part in text for part in ("\n", "-----BEGIN CERTIFICATE-----", "[/red]", "\x1b[31m"))
    assert {"\u202e", "\x00", "\x9b"} <= set(leaf.subject.common_name)
    assert "\u202e" in leaf.subject.organization
    assert "\u0301" * 40 in leaf.subject.organization
    assert leaf.subject_alt_names[-1].value == hostile.DNS_NAME
    assert leaf.subject_alt_names[-1].raw.isascii()
    assert tuple(item.value for item in leaf.subject_alt_names[:2]) == site.hosts("uat")
    assert leaf.problem is None


def test_client_certificate_is_demanded_in_its_mode_alone() -> None:
    """Only one mode demands a client certificate, with the proper chain."""
    demanding = [mode for mode in Mode if uat(mode).presentation.demands_client_certificate]
    assert demanding == [Mode.CLIENT_CERTIFICATE]


@pytest.mark.interop
@pytest.mark.parametrize("mode", [Mode.DUAL_KEYS, Mode.NODES_DIFFER])
def test_openssl_verifies_the_other_chain_too(mode: Mode, tmp_path: Path) -> None:
    """The second certificate of a mode that has one is as proper as the first, and has a key of its own."""
    state = lab(mode)
    environment = state.environment("uat")
    other = environment.elsewhere or environment.presentation.alternative
    assert openssl_verify(other.certificates, pki.certificates(state), tmp_path, host=HOST, at=AT) == "leaf: OK"
    assert other.certificates[0].public_key != environment.presentation.certificates[0].public_key


def test_second_chains_are_in_their_modes_alone() -> None:
    """One mode has a second type of key, one another chain on other addresses, and no other mode has either."""
    found = {mode: uat(mode) for mode in Mode}
    assert [mode for mode, item in found.items() if item.presentation.alternative] == [Mode.DUAL_KEYS]
    assert [mode for mode, item in found.items() if item.elsewhere] == [Mode.NODES_DIFFER]


def test_versions_are_narrow_in_their_modes_alone() -> None:
    """Two modes speak one version of TLS, the others 1.2 and 1.3."""
    narrow = {mode: mode.versions for mode in Mode if mode.versions != ("TLSv1.2", "TLSv1.3")}
    assert narrow == {Mode.TLS_1_2_ONLY: ("TLSv1.2", "TLSv1.2"), Mode.TLS_1_3_ONLY: ("TLSv1.3", "TLSv1.3")}


def test_one_mode_is_slow() -> None:
    """One mode delays its answers, for less than the usual timeout; no other does."""
    assert {mode: mode.delay_seconds for mode in Mode if mode.delay_seconds} == {Mode.SLOW: SLOW_SECONDS}
    assert SLOW_SECONDS < 10


def test_every_fault_has_a_mode() -> None:
    """The faults before TLS are modes by the same names, and no other mode has one."""
    assert {mode.value for mode in Mode if uat(mode).fault} == {fault.value for fault in Fault}
    assert all(uat(Mode(fault.value)).fault is fault for fault in Fault)
