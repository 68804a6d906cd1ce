from anchorkeep.model.retrieval import Retrieval
from tests.peers.reports import pki


def test_retrieval_is_a_value() -> None:
    """What was had at a URL is equal to the same, and something else than a failure there."""
    first = Retrieval(certificate=pki().leaf, url="http://a.test/", certificates=(pki().intermediate,))
    assert first == Retrieval(certificate=pki().leaf, url="http://a.test/", certificates=(pki().intermediate,))
    assert first != Retrieval(certificate=pki().leaf, url="http://a.test/", reason="timeout", message="Late.")
