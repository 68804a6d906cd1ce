from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from anchorkeep.errors import UsageError
from anchorkeep.lab import pki, site
from anchorkeep.lab.mode import Mode
from anchorkeep.lab.pki import Part
from anchorkeep.lab.state import State
from anchorkeep.model.certificate import Certificate
from tests.peers.authorities import openssl_verify

AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
LATER = AT + timedelta(days=1)


def found() -> State:
    """Return a new lab."""
    return pki.found(at=AT, entropy=Random(1).randbytes)


def rotate(state: State, part: Part, *names: str, cross: bool = False) -> State:
    """Return the lab a day later, rotated."""
    entropy = Random(2).randbytes
    return pki.rotate(state, part, names=names, has_cross_sign=cross, at=LATER, entropy=entropy)


def chain(state: State, name: str) -> tuple[Certificate, ...]:
    """Return what an environment presents."""
    return state.environment(name).presentation.certificates


@pytest.mark.interop
@pytest.mark.parametrize("name", site.ENVIRONMENTS)
def test_openssl_verifies_a_new_lab(name: str, tmp_path: Path) -> None:
    """OpenSSL verifies what each environment presents, for all its names, under the root alone."""
    state = found()
    for host in site.names(name):
        verdict = openssl_verify(chain(state, name), pki.certificates(state), tmp_path, host=host, at=AT)
        assert verdict == "leaf: OK"


@pytest.mark.interop
def test_openssl_refuses_the_other_environments_host(tmp_path: Path) -> None:
    """UAT's certificate is not valid for Production's host."""
    state = found()
    host = site.hosts("production")[0]
    assert "mismatch" in openssl_verify(chain(state, "uat"), pki.certificates(state), tmp_path, host=host, at=AT)


@pytest.mark.interop
def test_root_vouches_for_nothing_but_the_lab(tmp_path: Path) -> None:
    """A certificate for a public name, made with the lab's own CA, is refused under the lab's root."""
    state = found()
    issuer = state.intermediates[0]
    identity = issuer.issue(dns_names=("www.example.com",), at=AT, days=1, entropy=Random(3).randbytes)
    verdict = openssl_verify(identity.chain, pki.certificates(state), tmp_path, host="www.example.com", at=AT)
    assert "permitted subtree violation" in verdict


def test_root_lasts_thirty_days() -> None:
    """A root that is forgotten somewhere is worth nothing after 30 days, and nothing below lasts longer."""
    state = found()
    root = state.roots[0].certificate
    assert root.not_after - root.not_before < timedelta(days=30)
    assert all(c.not_after <= root.not_after for name in site.ENVIRONMENTS for c in chain(state, name))


def test_environments_share_an_intermediate_and_no_leaf() -> None:
    """Each environment has a leaf and a key of its own below the same intermediate."""
    state = found()
    uat, production = chain(state, "uat"), chain(state, "production")
    assert uat[1:] == production[1:]
    assert uat[0].public_key != production[0].public_key


def test_new_leaf_has_a_new_key() -> None:
    """Rotating the leaf gives a new key and changes nothing above it, nor the other environment."""
    state = found()
    after = rotate(state, Part.LEAF, "uat")
    assert chain(after, "uat")[0].public_key != chain(state, "uat")[0].public_key
    assert chain(after, "uat")[1:] == chain(state, "uat")[1:]
    assert chain(after, "production") == chain(state, "production")
    assert after.roots == state.roots


def test_new_intermediate_keeps_the_root() -> None:
    """Rotating the intermediate gives a new one and new leaves under the same root."""
    state = found()
    after = rotate(state, Part.INTERMEDIATE)
    assert chain(after, "uat")[1] == chain(after, "production")[1]
    assert chain(after, "uat")[1].subject != chain(state, "uat")[1].subject
    assert after.roots == state.roots


@pytest.mark.parametrize("part", [Part.INTERMEDIATE, Part.ROOT])
def test_production_follows_uat(part: Part) -> None:
    """UAT moves first; Production then moves to the same new certificates, not to still newer ones."""
    ahead = rotate(found(), part, "uat")
    assert chain(ahead, "uat")[1] != chain(ahead, "production")[1]
    after = rotate(ahead, part, "production")
    assert chain(after, "uat") == chain(ahead, "uat")
    assert chain(after, "production")[1] == chain(ahead, "uat")[1]
    assert after.roots == ahead.roots


@pytest.mark.interop
def test_new_root_comes_after_the_old(tmp_path: Path) -> None:
    """A new root joins the old one, newest last, and what is presented then verifies under the new one alone."""
    state = found()
    after = rotate(state, Part.ROOT)
    old, new = pki.certificates(after)
    assert old == state.roots[0].certificate
    host = site.hosts("uat")[0]
    assert openssl_verify(chain(after, "uat"), [new], tmp_path, host=host, at=LATER) == "leaf: OK"
    assert openssl_verify(chain(after, "uat"), [old], tmp_path, host=host, at=LATER) != "leaf: OK"


@pytest.mark.interop
def test_cross_signed_root_verifies_under_both(tmp_path: Path) -> None:
    """With a cross-sign, what is presented verifies under the old root alone and under the new one alone."""
    after = rotate(found(), Part.ROOT, cross=True)
    host = site.hosts("uat")[0]
    assert len(chain(after, "uat")) == 3
    for root in pki.certificates(after):
        assert openssl_verify(chain(after, "uat"), [root], tmp_path, host=host, at=LATER) == "leaf: OK"


def test_cross_sign_stays_until_the_next_root() -> None:
    """A new leaf is sent with the cross-signed root as before, a new root without it."""
    crossed = rotate(found(), Part.ROOT, cross=True)
    assert chain(rotate(crossed, Part.LEAF), "uat")[1:] == chain(crossed, "uat")[1:]
    assert len(chain(rotate(crossed, Part.ROOT), "uat")) == 2


@pytest.mark.parametrize("part", [Part.LEAF, Part.INTERMEDIATE])
def test_only_a_root_is_cross_signed(part: Part) -> None:
    """A cross-sign of anything but a root is refused."""
    with pytest.raises(UsageError, match="Only a root"):
        rotate(found(), part, cross=True)


def test_misbehaviour_outlives_a_rotation() -> None:
    """A service that misbehaves goes on with its new certificates, until it is told to behave."""
    state = pki.misbehave(found(), Mode.NO_INTERMEDIATE, names=("uat",), at=AT, entropy=Random(4).randbytes)
    after = rotate(state, Part.LEAF)
    assert chain(after, "uat") == after.environment("uat").identity.chain[:1]
    assert len(chain(after, "production")) == 2
    behaving = pki.misbehave(after, Mode.NONE, at=AT, entropy=Random(4).randbytes)
    assert chain(behaving, "uat") == after.environment("uat").identity.chain


def test_unknown_environment_is_refused() -> None:
    """Neither rotation nor misbehaviour takes an environment that is not there."""
    with pytest.raises(UsageError):
        rotate(found(), Part.LEAF, "staging")
    with pytest.raises(UsageError):
        pki.misbehave(found(), Mode.EXPIRED, names=("staging",), at=AT, entropy=Random(4).randbytes)
