"""
Anchorkeep: keep every trust store in step with the certificates it must trust.

The package root holds the version and nothing else, so that importing it costs nothing.
"""

__version__ = "0.1.0"
