"""
A bounded reader and a writer for ASN.1's tag-length-value encoding (ITU-T X.690): DER, and BER where the world writes it.

The reader keeps each node's original bytes, since a signature is over bytes and a certificate is its bytes.
"""

from anchorkeep.tlv import reader, writer
from anchorkeep.tlv.reader import MAX_DEPTH, Node, read, read_prefix

__all__ = ["MAX_DEPTH", "Node", "read", "read_prefix", "reader", "writer"]
