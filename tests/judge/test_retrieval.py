from anchorkeep.judge import retrieval
from anchorkeep.model.finding import Severity
from anchorkeep.model.retrieval import Retrieval
from tests.peers.reports import pki


def attempt(**values: object) -> Retrieval:
    """Return a URL that was asked for the leaf's issuer."""
    return Retrieval(certificate=pki().leaf, **({"url": "http://ca.test/a.cer"} | values))


def test_failure_is_a_note_about_the_certificate() -> None:
    """A URL that gave nothing is a note with certificate, URL, sentence and reason, and says what to do."""
    (note,) = retrieval.inspect([attempt(reason="status", message="The server answered 404.")])
    assert (note.id, note.severity, note.certificates) == ("aia-failed", Severity.NOTE, (pki().leaf,))
    assert note.message == (
        f"The issuer of {pki().leaf.title} could not be had at http://ca.test/a.cer: The server answered 404. [status]"
    )
    assert note.remedy


def test_success_is_nothing_to_tell() -> None:
    """A URL that gave the issuer is no finding, and one that failed beside it is."""
    found = attempt(certificates=(pki().intermediate,))
    assert retrieval.inspect([found]) == ()
    assert len(retrieval.inspect([found, attempt(reason="timeout", message="Late.")])) == 1


def test_url_is_shown_harmlessly() -> None:
    """A URL is text from a stranger: control characters are escaped, and a long one is cut."""
    (note,) = retrieval.inspect([attempt(url="http://a\x1b[31m\u202e/" + "a" * 5000, reason="url-refused", message="No URL.")])
    assert "\x1b" not in note.message
    assert "\u202e" not in note.message
    assert len(note.message) < 500
