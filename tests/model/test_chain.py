from datetime import UTC, datetime

from anchorkeep.model.chain import CertificationPath, ObservedChain, PathProblem
from tests.peers.samples import certificate

LEAF, ROOT = certificate(serial_number=1), certificate(serial_number=2)
AT = datetime(2026, 11, 1, tzinfo=UTC)
PROBLEM = PathProblem(id="expired", position=0, message="The leaf expired.")


def path(*problems: PathProblem, is_complete: bool = True) -> CertificationPath:
    """Return a path of two certificates."""
    return CertificationPath(certificates=(LEAF, ROOT), is_complete=is_complete, is_public=False, not_sent=1, problems=problems)


def test_leaf_is_what_was_sent_first() -> None:
    """The leaf is the first certificate sent; where none came there is none."""
    assert ObservedChain(endpoint=None, certificates=(LEAF, ROOT), observed_at=AT).leaf == LEAF
    assert ObservedChain(endpoint=None, certificates=(), observed_at=AT).leaf is None


def test_path_in_the_air_has_no_root() -> None:
    """A complete path ends in its root, an incomplete one has none."""
    assert path().root == ROOT
    assert path(is_complete=False).root is None


def test_path_verifies_without_problems_only() -> None:
    """A path verifies when it is complete and has no problem, and not when either fails."""
    assert path().verifies
    assert not path(PROBLEM).verifies
    assert not path(is_complete=False).verifies
