import copy
import inspect
import pickle

import pytest

from anchorkeep import errors
from anchorkeep.errors import AnchorkeepError, TLVError

CLASSES = [item for _, item in inspect.getmembers(errors, inspect.isclass) if issubclass(item, Exception)]


@pytest.mark.parametrize("kind", CLASSES)
def test_tree_is_whole(kind: type[Exception]) -> None:
    """Every error has the one root, and stands in the drawing of the tree."""
    assert issubclass(kind, AnchorkeepError)
    assert f" {kind.__name__} " in (errors.__doc__ or "").replace("\n", " ")


def test_drawing_has_no_error_too_many() -> None:
    """Every name in the drawing is a class, under the parent it is drawn under."""
    parents: dict[int, str] = {}
    for line in (errors.__doc__ or "").splitlines():
        head, _, rest = line.partition("── ")
        if rest:
            kind = getattr(errors, rest.split()[0])
            assert kind.__bases__[0].__name__ == parents.get(len(head) - 4, "AnchorkeepError")
            parents[len(head)] = kind.__name__


def test_error_says_what_to_do() -> None:
    """An error is its message and then its remedy; without a remedy it ends with the message."""
    assert str(AnchorkeepError("It broke.", remedy="Mend it.")) == "It broke. Mend it."
    assert str(AnchorkeepError("It broke.")) == "It broke."


def test_tlv_error_names_the_byte() -> None:
    """An error of the reader names the byte in its message and as a number."""
    error = TLVError("No length", offset=17)
    assert (error.message, error.offset) == ("No length (at byte 17)", 17)


@pytest.mark.parametrize("error", [AnchorkeepError("a", remedy="b"), TLVError("a", offset=3, remedy="b")])
def test_error_passes_between_processes(error: AnchorkeepError) -> None:
    """An error that was pickled or copied is the same error, with all its fields."""
    for other in (pickle.loads(pickle.dumps(error)), copy.copy(error)):  # noqa: S301 (our own bytes)
        assert type(other) is type(error)
        assert (str(other), other.args, vars(other)) == (str(error), error.args, vars(error))
