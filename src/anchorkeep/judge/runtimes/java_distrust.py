"""Roots that Java distrusts by policy, though they are in the store (`sun.security.validator.CADistrustPolicy`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from anchorkeep.model.verdict import Kind, Reason

if TYPE_CHECKING:
    from anchorkeep.model.certificate import Certificate
    from anchorkeep.model.runtime import JavaRuntime


def problem(path: tuple[Certificate, ...], runtime: JavaRuntime) -> Reason | None:
    """
    Return why a policy refuses a path, leaf first and anchor last.

    By the fingerprint of the anchor and the day the leaf was issued; putting the root into the store again does not help.

    Raises:
        CertificateError: the leaf's dates cannot be read.
    """
    leaf, anchor = path[0], path[-1]
    for policy in runtime.distrust:
        if anchor.sha256 not in policy.roots:
            continue
        exempt = dict(policy.exempt)
        after = next((exempt[item.sha256] for item in path[1:-1] if item.sha256 in exempt), policy.after)
        if after is None or leaf.not_before > after:
            until = "" if after is None else f" issued after {after:%Y-%m-%d}"
            message = f"Java no longer trusts certificates of this root{until} (policy {policy.name})."
            return Reason(kind=Kind.DISTRUSTED, message=message, certificate=anchor)
    return None
