"""
Anchorkeep: know, carry and prove the certificates that programs trust.

The package root holds the version and nothing else, so that importing it costs nothing.
"""

__version__ = "0.1.0"
