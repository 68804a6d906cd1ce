"""
A path built from what was sent, as Java's `SunCertPathBuilder` does it where the chain is not in order or ends nowhere.

From the leaf up, depth first. What sets it apart from validation, as measured: the authority key identifier only orders the
candidates; at most five CAs, self-issued ones not counted; a trusted certificate's own dates count as soon as an issuer that is
not trusted was looked for. Name constraints are held against the names below as it climbs, the anchor's own too; from Java 21 on
once the path is whole, as validation does.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from anchorkeep.judge.runtimes import java_algorithms, java_constraints, java_path
from anchorkeep.judge.runtimes.java_constraints import IncomparableError
from anchorkeep.judge.runtimes.java_facts import NO_CA, Facts, anchors_named, facts
from anchorkeep.model.verdict import Kind, Reason

if TYPE_CHECKING:
    from anchorkeep.judge.budget import Budget
    from anchorkeep.model.certificate import Certificate
    from anchorkeep.model.extension import GeneralName, NameConstraints
    from anchorkeep.model.runtime import JavaRuntime
    from anchorkeep.model.verdict import Question

Path = tuple["Certificate", ...]

#: CAs below the anchor that the builder takes (PKIXBuilderParameters.getMaxPathLength).
MAX_CAS = 5
#: The first release whose builder holds names against constraints once a path is whole; measured: 17 does not, 21 does.
_FIRST_TO_HOLD_WHOLE_PATHS = 21
#: Reasons for dead ends that are kept, for people.
_MAX_HINTS = 8


class _AbortedError(Exception):
    """The runtime gives up the search: an exception that its builder does not take for a dead end."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.message)
        self.reason = reason


def build(question: Question, runtime: JavaRuntime, budget: Budget) -> tuple[Path, tuple[Reason, ...]]:
    """
    Return the first path that Java finds, with its anchor and no reason, or an empty path and why there is none.

    The first reason is the runtime's own; those after it are what ended each attempt, for people.

    Raises:
        BudgetExceededError: the budget ran out.
        CertificateError: the leaf cannot be read.
    """
    search = _Search(question=question, runtime=runtime, budget=budget)
    leaf = facts(question.chain[0])
    try:
        ended = java_path.outdated(leaf, question) or java_path.unresolved(leaf)
        if ended is not None:
            search.note(ended)
        elif (path := search.climb((leaf.certificate,), java_constraints.path_names(leaf.certificate), 0)) is not None:
            return path, ()
    except _AbortedError as error:
        return (), (error.reason,)
    message = "Java finds no path from the certificates sent to one that the store holds."
    return (), (Reason(kind=Kind.UNKNOWN_ISSUER, message=message, certificate=leaf.certificate), *search.hints)


@dataclass(slots=True, kw_only=True)
class _Search:
    """
    One search.

    Attributes:
        looks_at_dates: whether anchors must be valid themselves. The runtime keeps one selector for all floors, and gives it the
            date when it first looks among the certificates sent.
    """

    question: Question
    runtime: JavaRuntime
    budget: Budget
    looks_at_dates: bool = False
    hints: list[Reason] = field(default_factory=list)

    @property
    def _holds_whole_paths(self) -> bool:
        return self.runtime.version.feature >= _FIRST_TO_HOLD_WHOLE_PATHS

    def note(self, reason: Reason) -> None:
        """Keep a reason for a dead end."""
        if len(self.hints) < _MAX_HINTS and reason not in self.hints:
            self.hints.append(reason)

    def climb(self, path: Path, names: tuple[GeneralName, ...], cas: int) -> Path | None:
        """
        Return the path with its anchor, None where none can be reached.

        Args:
            path: what was climbed, leaf first.
            names: what the certificates so far are called, which the next one's constraints must allow.
            cas: CAs in the path that are not self-issued.
        """
        for candidate in self._candidates(path[-1], names, cas):
            self.budget.look()
            is_trusted = candidate.certificate in self.question.anchors
            reason = self._rejected(path, candidate, is_trusted=is_trusted)
            if reason is None and is_trusted:
                found = (*path, candidate.certificate)
                reason = self._completed(found)
                if reason is None:
                    return found
            if reason is not None:
                self.note(reason)
                continue
            is_renewal = candidate.is_self_issued
            above = names if is_renewal else (*names, *java_constraints.path_names(candidate.certificate))
            further = self.climb((*path, candidate.certificate), above, cas if is_renewal else cas + 1)
            if further is not None:
                return further
        return None

    def _candidates(self, certificate: Certificate, names: tuple[GeneralName, ...], cas: int) -> list[Facts]:
        """Return who may have issued a certificate: an anchor, or where there is none of the name what was sent."""
        issuer = facts(certificate).issuer
        named = map(facts, anchors_named(self.question.anchors, issuer))
        anchors = [item for item in named if self._is_eligible(item, names)]
        if anchors:
            return self._in_order(anchors, certificate)
        self.looks_at_dates = True
        if cas >= MAX_CAS:
            message = f"More than {MAX_CAS} CAs would be needed."
            self.note(Reason(kind=Kind.PATH_TOO_LONG, message=message, certificate=certificate))
            return []
        found = [item for item in self._sent_as(issuer) if item.path_length >= cas and self._is_eligible(item, names)]
        return self._in_order(found, certificate)

    def _in_order(self, candidates: list[Facts], certificate: Certificate) -> list[Facts]:
        """Put first who has the key identifier that a certificate names, then who was issued by a name that is trusted."""
        if len(candidates) == 1:
            return candidates
        wanted = certificate.authority_key_identifier
        identifier = None if wanted is None else wanted.key_identifier
        return sorted(
            candidates,
            key=lambda item: (
                identifier is None or item.certificate.subject_key_identifier != identifier,
                not anchors_named(self.question.anchors, item.issuer),
            ),
        )

    def _sent_as(self, name: str) -> list[Facts]:
        found: dict[Certificate, Facts] = {}
        for certificate in self.question.chain:
            self.budget.look()
            read = facts(certificate)
            if read.subject == name and (read.path_length != NO_CA or certificate is not self.question.chain[0]):
                found.setdefault(certificate, read)
        return list(found.values())

    def _is_eligible(self, read: Facts, names: tuple[GeneralName, ...]) -> bool:
        """Whether the selector takes a certificate: by its dates, where they count, and its constraints on names."""
        self.budget.look()
        if self.looks_at_dates and (reason := java_path.outdated(read, self.question)) is not None:
            self.note(reason)
            return False
        constraints = read.certificate.name_constraints
        if constraints is None or self._holds_whole_paths:
            return True
        try:
            problem = java_constraints.path_violation(names, constraints, self.runtime.version, self.budget)
        except IncomparableError as error:
            message = f"Java cannot compare {error}."
            reason = Reason(kind=Kind.NAME_CONSTRAINT, message=message, certificate=read.certificate)
            raise _AbortedError(reason) from None
        if problem is not None:
            message = f"Its name constraints forbid what is below it: {problem}."
            self.note(Reason(kind=Kind.NAME_CONSTRAINT, message=message, certificate=read.certificate))
        return problem is None

    def _rejected(self, path: Path, candidate: Facts, *, is_trusted: bool) -> Reason | None:
        """Return why a candidate is no step (`ForwardBuilder.verifyCert`)."""
        certificate = candidate.certificate
        if certificate in path:
            return Reason(kind=Kind.UNKNOWN_ISSUER, message="The path would come to it twice.", certificate=certificate)
        if not is_trusted:
            reason = java_path.unresolved(candidate)
            if reason is not None:
                return reason
            if not candidate.signs:
                return Reason(kind=Kind.WRONG_KEY_USAGE, message="Its key usage lacks keyCertSign.", certificate=certificate)
        return java_path.unsigned(path[-1], certificate, self.budget)

    def _completed(self, path: Path) -> Reason | None:
        """Return why the algorithms of a whole path refuse it, or from Java 21 on its name constraints."""
        anchor = path[-1]
        is_jdk_ca = anchor.sha256 in self.runtime.jdk_cas
        reason = java_algorithms.anchor_problem(anchor, self.runtime, self.question.at)
        constraints: list[NameConstraints] = []
        for number in range(len(path) - 2, -1, -1):
            certificate = path[number]
            reason = reason or java_algorithms.problem(certificate, self.runtime, self.question.at, is_jdk_ca=is_jdk_ca)
            if reason is None and self._holds_whole_paths:
                reason = java_path.constrained(certificate, constraints, self.runtime, self.budget, is_leaf=number == 0)
        return reason
