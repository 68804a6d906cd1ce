"""`keytool -importcert`: the first certificate of a file becomes trusted, after keytool's own questions."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from anchorkeep.actions import keytool
from anchorkeep.cli import keytool_certificate as printed
from anchorkeep.cli import keytool_file, keytool_prompt, keytool_store
from anchorkeep.errors import RefusedError
from anchorkeep.judge import signature
from anchorkeep.judge.signature import Signature
from anchorkeep.model.truststore import PrivateKeyEntry, TrustedCertEntry
from anchorkeep.text import counted, shell_word, visible

if TYPE_CHECKING:
    from anchorkeep.actions.keytool import Keystore
    from anchorkeep.cli.keytool_line import Request
    from anchorkeep.cli.keytool_store import Place
    from anchorkeep.model.certificate import Certificate

#: The alias of an entry for which none is given.
DEFAULT_ALIAS = "mykey"
_READ = frozenset({"pem", "der"})
#: Certificates of a path; Java's own bound is no other.
_MAX_PATH = 10


def run(request: Request) -> None:
    """Import a certificate, or say why not."""
    place = keytool_store.to_change(request, may_be_new=True)
    alias, named = request.get("alias") or DEFAULT_ALIAS, request.get("file")
    _require_free(place, alias)
    certificate, *left = keytool_file.certificates(named, formats_read=_READ, refusal=keytool_file.NO_CERTIFICATE)
    if not _is_wanted(request, place, certificate):
        sys.stderr.write("Certificate was not added to keystore\n")
        return
    terms = keytool_store.terms("importcert", place.path)
    written = keytool.put(place.path, alias, certificate, password=place.password, type_name=place.type, terms=terms)
    sys.stderr.write("Certificate was added to keystore\n")
    keytool_store.say_stored(request, place.path)
    is_known = "trustcacerts" in request.flags and _system().alias_of(certificate) is not None
    weak = printed.weaknesses(certificate, "The input", with_signature=not is_known)
    printed.warn(request, [*weak, *printed.of_format(written.after, place.path)])
    if left and named is not None:
        also = f"anchorkeep store add {shell_word(str(place.path))} {shell_word(named)}"
        sys.stderr.write(
            f"anchorkeep: {counted(len(left), 'more certificate')} of the file {'was' if len(left) == 1 else 'were'} left, "
            f"as keytool leaves them; this takes all of them: {also}\n"
        )


def _require_free(place: Place, alias: str) -> None:
    """Refuse an alias that is there; a key's would take a certificate reply."""
    held = place.found.entries.get(alias.lower()) if place.found is not None else None
    if isinstance(held, PrivateKeyEntry):
        message = f"java.lang.Exception: <{visible(alias)}> is a key, and a certificate reply is not in the subset"
        raise RefusedError(message, remedy="Use the JDK's own keytool for it.")
    if held is not None:
        raise RefusedError(f"java.lang.Exception: Certificate not imported, alias <{visible(alias)}> already exists")


def _is_wanted(request: Request, place: Place, certificate: Certificate) -> bool:
    """Tell whether a certificate is to be added; asks what keytool asks."""
    if "noprompt" in request.flags:
        return True
    system = _system() if "trustcacerts" in request.flags else None
    there = place.found.alias_of(certificate) if place.found is not None else None
    if there is not None:
        sys.stderr.write(f"Certificate already exists in keystore under alias <{visible(there)}>\n")
        return keytool_prompt.is_agreed("Do you still want to add it?")
    if _is_self_signed(certificate):
        there = system.alias_of(certificate) if system is not None else None
        if there is not None:
            sys.stderr.write(f"Certificate already exists in system-wide CA keystore under alias <{visible(there)}>\n")
            return keytool_prompt.is_agreed("Do you still want to add it to your own keystore?")
    elif _leads_to(certificate, [item for item in (place.found, system) if item is not None]):
        return True
    sys.stdout.write("".join(f"{line}\n" for line in printed.lines(certificate)))
    printed.warn(request, printed.weaknesses(certificate, "The input", with_signature=True))
    return keytool_prompt.is_agreed("Trust this certificate?")


def _system() -> Keystore:
    return keytool.read(keytool_store.cacerts(), password=None)


def _is_self_signed(certificate: Certificate) -> bool:
    return certificate.is_self_issued and signature.check(certificate, certificate) is Signature.VALID


def _leads_to(certificate: Certificate, keystores: list[Keystore]) -> bool:
    """Tell whether signatures lead from a certificate through the stores to a self-signed one; dates do not count."""
    entries = [entry for keystore in keystores for entry in keystore.entries.values()]
    known = {entry.certificate for entry in entries if isinstance(entry, TrustedCertEntry)}
    known |= {entry.chain[0] for entry in entries if isinstance(entry, PrivateKeyEntry) and entry.chain}
    current, seen = certificate, {certificate}
    for _ in range(_MAX_PATH):
        issuer = next((item for item in known if _is_issuer(item, current)), None)
        if issuer is None or issuer in seen:
            return False
        if _is_self_signed(issuer):
            return True
        seen.add(issuer)
        current = issuer
    return False


def _is_issuer(candidate: Certificate, certificate: Certificate) -> bool:
    if candidate.problem is not None or candidate.subject.canonical != certificate.issuer.canonical:
        return False
    return signature.check(certificate, candidate) is Signature.VALID
