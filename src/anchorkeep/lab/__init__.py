"""
A cloud with UAT and Production on loopback, with its own PKI, to try everything on: rotations, faults, hostile names.

`running` is the cloud in this process; `operation` the one that `anchorkeep lab up` leaves running, with its state
in a directory.
"""

from anchorkeep.lab.cloud import Cloud, running
from anchorkeep.lab.mode import Mode
from anchorkeep.lab.pki import Part

__all__ = ["Cloud", "Mode", "Part", "running"]
