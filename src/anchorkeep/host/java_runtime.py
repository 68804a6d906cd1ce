"""
Read from a Java runtime on the disk what its verdicts depend on: version, security properties, the JDK's own roots.

Nothing is run. `java.security` is looked for where that version keeps it, through links (Debian's leads to /etc); `include` lines
are followed as Java 24 and later follow them, and ignored by those before, as measured with 17, 21 and 25. What could not be read
is taken to be as upstream has it, and the value says so. Not read: options and properties on a program's command line.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from anchorkeep import formats
from anchorkeep.errors import AnchorkeepError
from anchorkeep.host import file
from anchorkeep.judge.runtimes import java_algorithms, java_table
from anchorkeep.model import java
from anchorkeep.model.runtime import JavaRuntime
from anchorkeep.model.truststore import TrustedCertEntry
from anchorkeep.text import visible

if TYPE_CHECKING:
    from anchorkeep.host.jre import Jre
    from anchorkeep.model.java import JavaVersion

#: Where a runtime keeps its properties: from 9 on, in a JRE of 8, in a JDK of 8.
_PROPERTIES = (
    Path("conf", "security", "java.security"),
    Path("lib", "security", "java.security"),
    Path("jre", "lib", "security", "java.security"),
)
#: Bytes of one properties file; JDK 25's has 70 KiB.
_MAX_PROPERTIES = 1024 * 1024
#: Files that `include` lines may bring in.
_MAX_INCLUDED = 32
#: The first release that follows `include` lines (JDK-8319332).
_FIRST_WITH_INCLUDE = 24
_INCLUDE = re.compile(r"include\s+(?![=:])(.+)")
_ASSIGNMENT = re.compile(r"([^\s=:]+)\s*[=:\s]\s*(.*)")
_CERTPATH, _TLS = "jdk.certpath.disabledAlgorithms", "jdk.tls.disabledAlgorithms"
_POLICIES, _CURVES = "jdk.security.caDistrustPolicies", "jdk.disabled.namedCurves"
#: What an alias of one of the JDK's own roots holds (`sun.security.util.AnchorCertificates`).
_MARK = " [jdk"
#: What cacerts is opened with where it asks: the word it has had since it exists.
_WORD = "changeit"


def read(jre: Jre) -> JavaRuntime | None:
    """
    Return what judges as a runtime does, None where its version is not one whose rules are known.

    Not checked: that the runtime can be started, or is the one that a program uses.
    """
    version = None if jre.version is None else java.parse(jre.version)
    base = None if version is None else java_table.known(f"java{_nearest(version.feature)}")
    if version is None or base is None:
        return None
    assumed: list[str] = []
    if version.feature not in java.MAJOR:
        assumed.append(f"its rules are those of Java {base.version.feature}")
    read_properties, notes = _properties(jre.home, version.feature)
    assumed += notes
    names = tuple(part.strip() for part in read_properties.get(_POLICIES, "").split(",") if part.strip())
    if _POLICIES not in read_properties:
        policies = base.distrust
    else:
        policies = java_table.policies(names, version)
        assumed += [f"the policy {visible(name, limit=60)} is not known here" for name in java_table.unknown_policies(names)]
    disabled = {}
    for key, upstream in ((_CERTPATH, base.certpath_disabled), (_TLS, base.tls_disabled)):
        disabled[key] = _included(read_properties[key], read_properties) if key in read_properties else upstream
        assumed += [f"{key}: {visible(entry, limit=60)!r} is not understood" for entry in java_algorithms.unread(disabled[key])]
    roots = _marked(jre.cacerts)
    if roots is None:
        assumed.append("the JDK's own roots: its cacerts cannot be read")
    return replace(
        base,
        label=_label(jre, version, base),
        version=version,
        certpath_disabled=disabled[_CERTPATH],
        tls_disabled=disabled[_TLS],
        distrust=policies,
        jdk_cas=base.jdk_cas if roots is None else roots,
        home=str(jre.home),
        assumed=tuple(assumed),
    )


def _label(jre: Jre, version: JavaVersion, base: JavaRuntime) -> str:
    vendor = f" ({visible(jre.vendor, limit=40)})" if jre.vendor else ""
    return f"Java {version.label}{vendor}" + ("" if base.is_proved else f" {java_table.UNPROVED}")


def _nearest(feature: int) -> int:
    """Return the release with long support whose rules a release has: the last one not after it."""
    return max((known for known in java.MAJOR if known <= feature), default=java.MAJOR[0])


def _properties(home: Path, feature: int) -> tuple[dict[str, str], list[str]]:
    for place in _PROPERTIES:
        path = home / place
        try:
            text = _text(path)
        except AnchorkeepError:
            continue
        found: dict[str, str] = {}
        budget = [_MAX_INCLUDED]
        notes = _parse(text, path, found, budget if feature >= _FIRST_WITH_INCLUDE else None)
        return found, notes
    return {}, ["its java.security cannot be read"]


def _text(path: Path) -> str:
    return file.read(path, limit=_MAX_PROPERTIES).decode("latin-1")


def _parse(text: str, path: Path, found: dict[str, str], budget: list[int] | None) -> list[str]:
    """Read assignments, later ones over earlier; with a budget follow `include FILE`, relative to the file that says so."""
    notes: list[str] = []
    for line in _lines(text):
        include = _INCLUDE.match(line)
        if include is None:
            if match := _ASSIGNMENT.match(line):
                found[match[1]] = match[2].strip()
            continue
        if budget is None:
            continue
        value = include[1].strip()
        if not budget[0]:
            notes.append(f"more than {_MAX_INCLUDED} included files")
            break
        budget[0] -= 1
        included = path.resolve().parent / value
        try:
            notes += _parse(_text(included), included, found, budget)
        except AnchorkeepError:
            notes.append(f"the included file {visible(value, limit=100)} cannot be read")
    return notes


def _lines(text: str) -> list[str]:
    """Return logical lines without comments (java.util.Properties): a backslash at the end goes on in the next."""
    lines: list[str] = []
    pending = ""
    for raw in text.splitlines():
        part = raw.lstrip()
        if not pending and (not part or part[0] in "#!"):
            continue
        pending += part
        if (len(pending) - len(pending.rstrip("\\"))) % 2:
            pending = pending[:-1]
            continue
        lines.append(pending)
        pending = ""
    return [*lines, pending] if pending else lines


def _included(value: str, properties: dict[str, str]) -> str:
    """Put the curves in the place of the entry that includes them, the only one a property may name."""
    parts = [part.strip() for part in value.split(",")]
    return ", ".join(properties.get(_CURVES, "") if part == f"include {_CURVES}" else part for part in parts if part)


def _marked(cacerts: Path) -> frozenset[bytes] | None:
    try:
        store = formats.loads(file.read(cacerts), password=_WORD, name=str(cacerts))
    except AnchorkeepError:
        return None
    entries = (entry for entry in store.entries if isinstance(entry, TrustedCertEntry))
    return frozenset(entry.certificate.sha256 for entry in entries if _MARK in (entry.alias or ""))
