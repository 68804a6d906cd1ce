"""
What is to be said about a chain that a server sent or a file holds: findings with remedies, from it and the paths built from it.

Not checked: revocation (OCSP, CRL), Certificate Transparency, and whether any particular runtime agrees.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

from anchorkeep.errors import CertificateError, TLVError
from anchorkeep.judge import identity, interception, parsers, signature, strength, wording
from anchorkeep.judge.signature import Signature
from anchorkeep.model.finding import Finding, Severity
from anchorkeep.model.pool import SourceKind
from anchorkeep.text import counted, visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from anchorkeep.judge.paths import PathSearch
    from anchorkeep.judge.wording import Wording
    from anchorkeep.model.certificate import Certificate
    from anchorkeep.model.chain import CertificationPath, Failure
    from anchorkeep.model.pool import Pool

NOTE, WARNING, ERROR = Severity.NOTE, Severity.WARNING, Severity.ERROR
#: Titles named in one sentence.
_NAMED = 3

_COMPARE = "Compare the root's fingerprint with what whoever runs the service tells you before you trust it."


def inspect(
    sent: Sequence[Certificate],
    search: PathSearch,
    pool: Pool,
    *,
    name: str | None,
    failure: Failure | None = None,
    client_certificate_requested: bool = False,
    is_file: bool = False,
) -> tuple[Finding, ...]:
    """
    Return the findings about a chain, the worst first.

    Args:
        sent: the certificates in the server's order, or the file's.
        search: the paths built from them for the same time and name.
        pool: the certificates known beforehand, without what was sent.
        name: the reference identity, None where none was asked for.
        failure: how the handshake failed after the chain had come, None when it did not.
        client_certificate_requested: whether the server asked for a client certificate.
        is_file: whether a file holds the chain, so that no server is spoken of.
    """
    words = wording.of(is_file=is_file)
    findings = [
        *_of_handshake(failure, requested=client_certificate_requested),
        *_of_sent(sent, search, words),
        *_of_bytes((*sent, *(search.best.certificates if search.best else ())), words),
        *_of_search(search),
    ]
    if search.best is not None:
        findings += _of_path(search.best, sent, pool, words)
        findings += _of_name(search.best, search, name=name)
        findings += _of_issuers(search.best)
        findings += _of_the_air(search.best, search, words)
        findings += _of_strength(search.best, words)
    return _worst_first(findings)


def inspect_list(certificates: Sequence[Certificate]) -> tuple[Finding, ...]:
    """Return the findings about certificates of a file that do not belong together, each for itself, the worst first."""
    return _worst_first(_of_bytes(certificates, wording.FILE))


def _worst_first(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(findings, key=lambda item: -item.severity))


def _finding(id_: str, severity: Severity, message: str, remedy: str = "", *, about: Iterable[Certificate] = ()) -> Finding:
    return Finding(id=id_, severity=severity, message=message, remedy=remedy, certificates=tuple(about))


def _of_handshake(failure: Failure | None, *, requested: bool) -> Iterator[Finding]:
    if failure is not None:
        yield _finding("handshake-failed", NOTE if requested else WARNING, failure.message, failure.remedy)
    if requested:
        message = "The server asks for a client certificate; the chain is what it shows before it has seen one."
        yield _finding("client-certificate-requested", NOTE, message)


def _of_sent(sent: Sequence[Certificate], search: PathSearch, words: Wording) -> Iterator[Finding]:
    """Look at the order and the company of what was sent (RFC 8446 §4.4.2)."""
    if search.best is not None and tuple(sent) == search.best.certificates[: len(sent)] and search.best.root not in sent[1:]:
        return  # The best path from the leaf up, without its root: as it should be, and as it mostly is.
    repeated = tuple(item for item, times in Counter(sent).items() if times > 1)
    if repeated:
        message = words.repeated.format(_titles(repeated))
        yield _finding("certificate-duplicate", WARNING, message, words.correct, about=repeated)
    related = {item for path in search.paths for item in path.certificates}
    unrelated = tuple(item for item in dict.fromkeys(sent) if item not in related)
    if unrelated and search.exhausted is None:
        message = words.unrelated.format(_titles(unrelated))
        yield _finding("certificate-unrelated", WARNING, message, words.correct, about=unrelated)
    roots = tuple(item for item in dict.fromkeys(sent[1:]) if item in related and _is_root(item))
    if roots:
        message = words.root.format(_titles(roots))
        yield _finding("root-sent", NOTE, message, about=roots)
    if search.best is None:
        return
    if sent and search.best.certificates[0] != sent[0]:
        yield _finding("chain-order", ERROR, words.misplaced, words.correct, about=sent[:1])
        return
    positions = [sent.index(item) for item in search.best.certificates if item in sent]
    if any(later < earlier for earlier, later in pairwise(positions)):
        yield _finding("chain-order", WARNING, words.disordered, words.correct)


def _of_bytes(certificates: Sequence[Certificate], words: Wording) -> Iterator[Finding]:
    known = dict.fromkeys(certificates)
    for certificate in known:
        refusal = parsers.refusal(certificate)
        if refusal.is_total:
            reason = refusal.ours or refusal.openssl
            message = f"A certificate is not understood and kept as it is: {certificate.title}: {reason}."
            yield _finding("certificate-not-understood", WARNING, message, words.reissue, about=(certificate,))
        elif refusal.cryptography is not None:
            message = (
                f"{certificate.title} breaks the encoding rules; OpenSSL takes it, "
                f"stricter clients refuse it: {refusal.cryptography}"
            )
            yield _finding("certificate-malformed", NOTE, message, words.reissue, about=(certificate,))
    hostile = tuple(certificate for certificate in known if _has_hidden_text(certificate))
    if hostile:
        message = f"Names hold control or invisible characters, shown here escaped: {_titles(hostile)}."
        yield _finding("hostile-name", WARNING, message, "Do not trust a certificate whose name hides something.", about=hostile)


def _of_search(search: PathSearch) -> Iterator[Finding]:
    if search.exhausted is not None:
        message = (
            f"The search for paths stopped after {counted(search.steps, 'step')} and "
            f"{counted(search.signature_checks, 'signature check')} (limit: {search.exhausted}); the answer may be incomplete."
        )
        yield _finding("path-search-stopped", WARNING, message, "Look without the certificates that do not belong to the chain.")
        return  # What was refused until then does not tell what would have been found.
    if search.best is None or search.best.is_complete:
        return
    last = search.best.certificates[-1]
    forgers = tuple(issuer for issuer in _refused_issuers(last, search) if signature.check(last, issuer) is Signature.INVALID)
    if forgers:
        message = f"{last.title} names {forgers[0].title} as its issuer, but was not signed with that key."
        yield _finding("signature-invalid", ERROR, message, _COMPARE, about=(last, *forgers))


def _refused_issuers(certificate: Certificate, search: PathSearch) -> tuple[Certificate, ...]:
    return tuple(issuer for below, issuer in search.rejected if below == certificate)


def _of_path(path: CertificationPath, sent: Sequence[Certificate], pool: Pool, words: Wording) -> Iterator[Finding]:
    for problem in path.problems:
        remedy = _REMEDIES.get(problem.id, words.reissue)
        yield _finding(problem.id, ERROR, problem.message, remedy, about=(path.certificates[problem.position],))
    missing = [item for item in path.certificates[1:] if item not in sent and item != path.root]
    if missing:
        message = words.lacking.format(_titles(missing))
        fetched = dict.fromkeys(source for item in missing for source in pool.sources(item) if source.kind is SourceKind.AIA)
        if fetched:
            message += f" It was found at {_places(tuple(fetched))}."
        yield _finding("intermediate-missing", ERROR, message, words.correct, about=missing)
    if path.root is None:
        return
    if path.is_public:
        return
    places = [source for source in pool.sources(path.root) if source.kind not in {SourceKind.SENT, SourceKind.AIA}]
    if len(path.certificates) == 1 and not places:
        message = "The certificate is self-signed: it is its own root, and nobody vouches for it."
        yield _finding("self-signed", WARNING, message, _COMPARE, about=(path.root,))
    elif not places:
        is_fetched = bool(pool.sources(path.root))
        known = f"the {words.origin} and its issuer URL" if is_fetched else f"the {words.origin} itself"
        message = f"The root {path.root.title} is known from {known} only."
        yield _finding("root-unknown", WARNING, message, _COMPARE, about=(path.root,))
    else:
        message = f"The root {path.root.title} is not one of Mozilla's list; it was found in {_places(places)}."
        yield _finding("root-private", NOTE, message, about=(path.root,))


def _of_name(path: CertificationPath, search: PathSearch, *, name: str | None) -> Iterator[Finding]:
    """Look whether a public name is vouched for by what is not public: by a private root, or by intermediates of nobody known."""
    if path.is_public or name is None or not identity.is_public_name(name) or len(path.certificates) == 1:
        return
    if path.root is None and search.exhausted is not None:
        return
    last = path.certificates[-1]
    what = f"its root {last.title} is not public" if path.root else f"its issuer {last.title} leads to no public root"
    message = f"{visible(name)} is a public name, but {what}: a proxy that inspects TLS may be answering in its place."
    yield _finding("interception-suspected", WARNING, message, "Look from another network. " + _COMPARE, about=(last,))


def _of_issuers(path: CertificationPath) -> Iterator[Finding]:
    found = interception.inspector_of(path)
    if found is None:
        return
    inspector, name, certificate = found
    message = (
        f"{name.title}, who signed {certificate.title}, looks like the CA of {inspector.product}, which inspects TLS. "
        "Anyone can choose a name: this is a hint, not a proof."
    )
    remedy = "Look from another network or by another way (--compare-proxy). " + _COMPARE
    yield _finding("interception-known-issuer", WARNING, message, remedy, about=(certificate,))


def _of_the_air(path: CertificationPath, search: PathSearch, words: Wording) -> Iterator[Finding]:
    """Look at a path that ends in no root; where the search did not end by itself, nothing is known of what is missing."""
    if path.is_complete or search.exhausted is not None:
        return
    last = path.certificates[-1]
    try:
        issuer, self_issued = last.issuer.title, last.is_self_issued
    except CertificateError:
        return
    refused = {signature.check(last, other) for other in _refused_issuers(last, search)}
    if len(path.certificates) == 1 and self_issued and signature.check(last, last) is Signature.VALID:
        message = "The certificate is self-signed and no CA: nobody vouches for it."
        yield _finding("self-signed", WARNING, message, _COMPARE, about=(last,))
    elif Signature.UNKNOWN in refused:
        message = f"The path ends at {last.title}: whether its issuer, {issuer}, signed it cannot be checked here."
        yield _finding("root-unknown", WARNING, message, _COMPARE, about=(last,))
    elif refused:
        message = f"The path ends at {last.title}: its issuer, {issuer}, is known with other keys only. The root is unknown."
        yield _finding("root-unknown", WARNING, message, "Name a file that holds the root among the pools.", about=(last,))
    elif len(path.certificates) == 1:
        message = words.no_issuer.format(issuer)
        yield _finding("intermediate-missing", ERROR, message, words.correct, about=(last,))
    else:
        message = f"The path ends at {last.title}: its issuer, {issuer}, {words.unknown}. The root is unknown."
        yield _finding("root-unknown", WARNING, message, "Name a file that holds the root among the pools.", about=(last,))


def _of_strength(path: CertificationPath, words: Wording) -> Iterator[Finding]:
    for certificate in path.certificates:
        try:
            key, hash_name = strength.weak_key(certificate), strength.weak_signature(certificate)
        except CertificateError:
            continue
        if key:
            yield _finding("weak-key", WARNING, f"{certificate.title}: {key}.", words.reissue, about=(certificate,))
        if hash_name and certificate != path.root:
            severity = ERROR if strength.is_broken_hash(hash_name) else WARNING
            message = f"{certificate.title} is signed with {certificate.signature_label}."
            yield _finding("weak-signature", severity, message, words.reissue, about=(certificate,))
    leaf = path.certificates[0]
    if not path.is_public or len(path.certificates) == 1:
        return
    try:
        allowed, lifetime = strength.longest_lifetime(leaf.not_before), strength.lifetime(leaf)
    except CertificateError:
        return
    if allowed is not None and lifetime.total_seconds() > allowed * 86_400:
        days = -(-lifetime // timedelta(days=1))  # A day that has begun counts (Baseline Requirements §6.3.2).
        message = f"The certificate lives {days} days; issued on {leaf.not_before:%Y-%m-%d} it may live {allowed}."
        yield _finding("lifetime-too-long", WARNING, message, "Browsers refuse it. " + words.reissue, about=(leaf,))


_REMEDIES = {
    "expired": "The service needs a new certificate; a client whose clock is wrong says the same.",
    "not-yet-valid": "Check the clock of this machine first.",
    "name-mismatch": "Check the name that was asked for; else the service needs a certificate for it.",
}


def _is_root(certificate: Certificate) -> bool:
    try:
        return certificate.is_self_issued and certificate.is_ca and signature.check(certificate, certificate) is Signature.VALID
    except CertificateError:
        return False


@lru_cache(maxsize=512)  # Enough for the CAs of a scan, and too few for its leaves to weigh anything.
def _has_hidden_text(certificate: Certificate) -> bool:
    try:
        texts = [item.value for name in (certificate.subject, certificate.issuer) for item in name.attributes]
        texts += [item.value for item in certificate.subject_alt_names if item.kind in {"dNSName", "rfc822Name", "URI"}]
    except (CertificateError, TLVError):
        return False
    return any(visible(text, limit=len(text) * 10 + 10) != text.replace("\\", "\\\\") for text in texts)


def _titles(certificates: Sequence[Certificate]) -> str:
    shown = ", ".join(item.title for item in certificates[:_NAMED])
    more = len(certificates) - _NAMED
    return f"{shown} and {more} more" if more > 0 else shown


def _places(sources: Sequence[object]) -> str:
    return ", ".join(visible(str(getattr(source, "name", source)), limit=120) for source in sources[:_NAMED])
