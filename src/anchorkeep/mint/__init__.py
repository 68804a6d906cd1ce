"""
Makes certificates: the lab's PKI, and every odd certificate the tests need.

Pure: the time comes in as `at`, randomness for serial numbers as `entropy(n) -> bytes`; keys come from the
generator of `cryptography`. Certificates are written node by node, so that no library decides what may be in
them.
"""

from anchorkeep.mint import key, name
from anchorkeep.mint.authority import Authority, Identity, self_signed, serial_number, server_template
from anchorkeep.mint.key import PrivateKey, load_private_key, private_key_pem
from anchorkeep.mint.template import NameConstraints, Template

__all__ = [
    "Authority",
    "Identity",
    "NameConstraints",
    "PrivateKey",
    "Template",
    "key",
    "load_private_key",
    "name",
    "private_key_pem",
    "self_signed",
    "serial_number",
    "server_template",
]
