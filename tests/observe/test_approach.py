import subprocess
import sys

import pytest

from anchorkeep.errors import UsageError
from anchorkeep.observe.approach import DIRECT, Approach, KeyType


def test_context_is_made_once() -> None:
    """All observations of one approach share OpenSSL's form of it; another approach has another."""
    approach = Approach(min_tls="TLSv1.2")
    assert approach.context is approach.context
    assert approach.context is not DIRECT.context


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"min_tls": "TLSv1.3", "max_tls": "TLSv1.2"}, "No version of TLS is left"),
        ({"min_tls": "TLSv1.3", "key_type": KeyType.RSA}, "only up to TLSv1.2"),
        ({"min_tls": "SSLv3"}, "'SSLv3' is no version"),
        ({"max_tls": "TLSv1.4"}, "'TLSv1.4' is no version"),
    ],
)
def test_impossible_approach_is_refused(settings: dict[str, str], reason: str) -> None:
    """Versions that do not exist or leave nothing to offer are the caller's error."""
    with pytest.raises(UsageError, match=reason):
        _ = Approach(**settings).context  # type: ignore[arg-type]


def test_saying_how_needs_no_openssl() -> None:
    """An approach can be named without loading OpenSSL, so that the command line starts fast."""
    program = "import sys, anchorkeep.observe.approach; print('OpenSSL' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "False"
