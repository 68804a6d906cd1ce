"""The Java runtimes a store is written for, and what each of them can open."""

from __future__ import annotations

import re
from dataclasses import dataclass

#: Releases with long support, and their label for "every update of it".
MAJOR = (8, 11, 17, 21, 25)

#: The first update of each release that opens PBES2 and a MAC with SHA-2 in PKCS#12 (JDK-8076190, and its backports 8u301 and
#: 11.0.12, measured with 11.0.9, which refuses, and 11.0.13).
_FIRST_WITH_PBES2 = {8: (8, 0, 301), 11: (11, 0, 12)}
_FIRST_MAJOR_WITH_PBES2 = 16
#: The first release that opens a PKCS#12 store under a password beyond ASCII; measured: 11, 17 and 21 do not, 25 does.
_FIRST_WITH_OTHER_PASSWORDS = 25

_LEGACY = re.compile(r"1\.(\d+)\.0(?:_(\d+))?")
_MODERN = re.compile(r"(\d+)(?:\.(\d+))?(?:\.(\d+))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class JavaVersion:
    """
    A Java runtime's version.

    Attributes:
        label: what to call it: `java11`, or `11.0.9`.
        numbers: feature, interim and update (`11.0.9` is (11, 0, 9), `8u301` is (8, 0, 301)); of `java11`, which means every
            update, the feature alone.
    """

    label: str
    numbers: tuple[int, ...]

    @property
    def feature(self) -> int:
        """The release: 8, 11, 17."""
        return self.numbers[0]

    @property
    def opens_pbes2(self) -> bool:
        """Whether it opens a PKCS#12 store with PBES2 or a MAC with SHA-2; of "every update" the oldest counts."""
        first = _FIRST_WITH_PBES2.get(self.feature)
        if first is None:
            return self.feature >= _FIRST_MAJOR_WITH_PBES2
        return len(self.numbers) > 1 and self.numbers >= first

    @property
    def opens_other_passwords(self) -> bool:
        """Whether it opens a PKCS#12 store whose password is not ASCII."""
        return self.feature >= _FIRST_WITH_OTHER_PASSWORDS


def every(feature: int) -> JavaVersion:
    """Return the version that stands for every update of a release, as `java11`."""
    return JavaVersion(label=f"java{feature}", numbers=(feature,))


def parse(text: str) -> JavaVersion | None:
    """Return the version that a runtime gives of itself (`17.0.15`, `11.0.9.1`, `1.8.0_402`, `25`), None where it is none."""
    if found := _LEGACY.match(text):
        feature, update = found.groups()
        return JavaVersion(label=f"{feature}u{update or 0}", numbers=(int(feature), 0, int(update or 0)))
    if found := _MODERN.match(text):
        numbers = tuple(int(number or 0) for number in found.groups())
        return JavaVersion(label=".".join(str(number) for number in numbers), numbers=numbers)
    return None
