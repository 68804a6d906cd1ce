import json
from datetime import UTC, datetime
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anchorkeep.errors import AnchorkeepError, InputError
from anchorkeep.lab import pki, state
from anchorkeep.lab.mode import Mode
from anchorkeep.lab.pki import Part
from anchorkeep.mint import private_key_pem

AT = datetime(2026, 11, 23, 12, tzinfo=UTC)


def found(mode: Mode = Mode.NONE) -> state.State:
    """Return a lab that has moved on: cross-signed, and misbehaving."""
    entropy = Random(1).randbytes
    rotated = pki.rotate(pki.found(at=AT, entropy=entropy), Part.ROOT, has_cross_sign=True, at=AT, entropy=entropy)
    return pki.misbehave(rotated, mode, names=("uat",), at=AT, entropy=entropy)


DUMPED = state.dumps(found())


@pytest.mark.parametrize("mode", Mode)
def test_state_survives(mode: Mode) -> None:
    """What is written is what is read: certificates, keys, modes and faults, in every mode."""
    before = found(mode)
    after = state.loads(state.dumps(before))
    assert state.dumps(after) == state.dumps(before)
    for one, other in zip(before.environments, after.environments, strict=True):
        assert (one.name, one.mode, one.fault) == (other.name, other.mode, other.fault)
        assert one.presentation.certificates == other.presentation.certificates
        assert private_key_pem(one.presentation.key) == private_key_pem(other.presentation.key)
        assert (one.elsewhere and one.elsewhere.certificates) == (other.elsewhere and other.elsewhere.certificates)
        assert one.identity.chain == other.identity.chain
        assert one.identity.root == other.identity.root
    assert [item.certificate for item in before.roots] == [item.certificate for item in after.roots]


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b"null", b"\xff", b'{"format": "anchorkeep-lab"}', b"[" * 100_000])
def test_what_is_no_state_is_refused(data: bytes) -> None:
    """Bytes that hold no state are an error that says how to go on."""
    with pytest.raises(InputError, match="lab down"):
        state.loads(data)


def test_other_version_is_refused() -> None:
    """A state of another version is refused by name."""
    document = json.loads(DUMPED) | {"version": 3}
    with pytest.raises(InputError, match="of this version"):
        state.loads(json.dumps(document).encode())


@given(st.integers(min_value=0, max_value=len(DUMPED) - 1))
def test_state_that_is_cut_is_refused(length: int) -> None:
    """A state that is cut anywhere is refused, and no key is quoted."""
    with pytest.raises(AnchorkeepError) as caught:
        state.loads(DUMPED[:length])
    assert "PRIVATE" not in str(caught.value)


def test_repr_shows_no_key() -> None:
    """Neither the state nor an environment shows a key."""
    assert "PrivateKey" not in repr(found())
