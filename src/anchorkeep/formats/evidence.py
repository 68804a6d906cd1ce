"""
Evidence: what was observed, as JSON that a person can keep and this program can read back.

A record holds the certificates' DER, so that a verdict can be repeated from it years later. Reading one believes nothing but
what was observed: names, findings and paths that stand beside the bytes are for people and other programs, and are made anew.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeGuard

from anchorkeep.errors import AnchorkeepError, CertificateError, EvidenceError
from anchorkeep.model.certificate import Certificate
from anchorkeep.model.chain import FailedObservation, Failure, ObservedChain, Stage
from anchorkeep.model.endpoint import Address, Endpoint
from anchorkeep.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

FORMAT, VERSION = "anchorkeep.evidence", 1
#: Format and version of a line of `show --jsonl` that tells of a line of the list which names no service.
ERROR_FORMAT, ERROR_VERSION = "anchorkeep.error", 1
#: Observations in one file, and certificates in one observation: OpenSSL takes about 100 KB, a few hundred small ones.
MAX_OBSERVATIONS = 100_000
MAX_CERTIFICATES = 10_000
_MAX_TEXT = 4096
#: Bytes of a certificate whose object is kept for the next chain it stands in; those of CAs stay below 3 KiB.
_MAX_KEPT = 8 * 1024
_BLANKS = re.compile(r"[ \t\r\n]*")
_DECODER = json.JSONDecoder()
_KINDS = {str: "text", int: "a number", bool: "true or false", list: "a list", dict: "an object"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """
    What an evidence file holds.

    Attributes:
        observations: in the file's order, at least one.
        bad_lines: how many lines of the list that was looked at named no service, as the file says.
    """

    observations: tuple[ObservedChain | FailedObservation, ...]
    bad_lines: int


def is_evidence(data: bytes) -> bool:
    """Return whether bytes look like a JSON object, which among the inputs here only evidence is."""
    return data[:64].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{")


def loads(data: bytes, *, name: str = "input") -> tuple[ObservedChain | FailedObservation, ...]:
    """
    Return the observations of an evidence file, in its order; see `read`.

    Raises:
        EvidenceError: as there.
    """
    return read(data, name=name).observations


def read(data: bytes, *, name: str = "input") -> Recorded:
    """
    Return what an evidence file holds: one document, or one after the other, as `show --jsonl` writes them.

    Raises:
        EvidenceError: it is no JSON, not evidence, of a later version, does not hold what it must, or holds no observation.
    """
    observations: list[ObservedChain | FailedObservation] = []
    bad_lines = 0
    for document, where in _documents(data, visible(name)):
        if _is_of(document, ERROR_FORMAT, ERROR_VERSION, where):
            bad_lines += 1
            continue
        items = _items(document, where)
        if len(observations) + len(items) > MAX_OBSERVATIONS:
            message = f"{where} holds {len(items)} observations, expected at most {MAX_OBSERVATIONS} in the file."
            raise EvidenceError(message)
        observations += [_observation(item, f"{where}, observation {number}") for number, item in enumerate(items, start=1)]
    if not observations:
        raise _empty(visible(name))
    return Recorded(observations=tuple(observations), bad_lines=bad_lines)


def _documents(data: bytes, where: str) -> Iterator[tuple[object, str]]:
    """Yield each JSON value with its place: the file, or where it begins in a file that holds several."""
    try:
        text = data.decode("utf-8-sig")
        first = start = _past_blanks(text, 0)
        line, known = 1, 0
        while True:
            document, end = _DECODER.raw_decode(text, start)
            line, known = line + text.count("\n", known, start), start
            following = _past_blanks(text, end)
            is_alone = start == first and following == len(text)
            yield document, where if is_alone else f"{where}, line {line}"
            if following == len(text):
                return
            start = following
    except (ValueError, RecursionError) as error:
        message = f"{where} is not JSON: {visible(str(error), limit=120)}."
        raise EvidenceError(message) from None


def _past_blanks(text: str, start: int) -> int:
    found = _BLANKS.match(text, start)
    return found.end() if found else start


def _is_of(document: object, format_: str, version: int, where: str) -> TypeGuard[dict[str, Any]]:
    """
    Return whether a JSON value is a document of that format.

    Raises:
        EvidenceError: it is one of another version.
    """
    if not isinstance(document, dict) or document.get("format") != format_:
        return False
    if type(document.get("version")) is not int or document["version"] != version:
        message = f"{where} is evidence of version {visible(str(document.get('version')), limit=20)}, expected {version}."
        raise EvidenceError(message, remedy="Read it with a newer Anchorkeep.")
    return True


def _items(document: object, where: str) -> list[Any]:
    """Return what stands for the observations of a document, at least one."""
    if not _is_of(document, FORMAT, VERSION, where):
        message = f"{where} is JSON but no evidence: expected format {FORMAT!r}."
        raise EvidenceError(message, remedy="Make one with: anchorkeep show TARGET --save FILE")
    items: list[Any] = _get(document, "observations", list, where)
    if not items:
        raise _empty(where)
    return items


def _empty(where: str) -> EvidenceError:
    message = f"{where} holds no observation, so there is nothing to look at."
    return EvidenceError(message, remedy="Make one with: anchorkeep show TARGET --save FILE")


def observation(outcome: ObservedChain | FailedObservation) -> dict[str, Any]:
    """Return an observation as the JSON object that `loads` reads back; the caller may add to it."""
    record: dict[str, Any] = {
        "endpoint": _endpoint_record(outcome.endpoint),
        "observed_at": timestamp(outcome.observed_at),
        "address": str(outcome.address) if outcome.address else None,
        "proxy": str(outcome.proxy) if outcome.proxy else None,
        "failure": _failure_record(outcome.failure),
    }
    if isinstance(outcome, ObservedChain):
        record |= {
            "tls_version": outcome.tls_version,
            "cipher": outcome.cipher,
            "client_certificate_requested": outcome.client_certificate_requested,
            "certificates": [certificate(item) for item in outcome.certificates],
        }
    return record


def certificate(value: Certificate) -> dict[str, Any]:
    """Return a certificate as a JSON object: its bytes, fingerprints and, where it can be read, what it says."""
    # The certificates of CAs stand in many chains; everyone gets an object of their own, to add to.
    record = _certificate(value) if len(value.der) <= _MAX_KEPT else _certificate.__wrapped__(value)
    own = record.copy()
    for key in ("subject_alt_names", "public_key"):
        if key in own:
            own[key] = own[key].copy() if key == "public_key" else [name.copy() for name in own[key]]
    return own


@lru_cache(maxsize=256)
def _certificate(value: Certificate) -> dict[str, Any]:
    record: dict[str, Any] = {"sha256": value.sha256.hex(), "sha1": value.sha1.hex()}
    try:
        record |= {
            "subject": str(value.subject),
            "issuer": str(value.issuer),
            "serial_number": f"{value.serial_number:x}",
            "not_before": timestamp(value.not_before),
            "not_after": timestamp(value.not_after),
            "subject_alt_names": [{"kind": item.kind, "value": item.value} for item in value.subject_alt_names],
            "is_ca": value.is_ca,
            "public_key": {
                "algorithm": value.public_key.algorithm,
                "bits": value.public_key.bits,
                "label": value.public_key.label,
                "spki_sha256": value.public_key.sha256.hex(),
                "pin": value.public_key.pin,
            },
            "signature_algorithm": value.signature_label,
        }
    except CertificateError as error:
        record["problem"] = error.message
    record["der"] = base64.b64encode(value.der).decode()
    return record


def timestamp(moment: datetime) -> str:
    """Return a moment as RFC 3339 in UTC, to the second."""
    # The first 19 characters are those before the fraction and the offset, which is zero here.
    return (moment if moment.tzinfo is UTC else moment.astimezone(UTC)).isoformat()[:19] + "Z"


def _endpoint_record(endpoint: Endpoint | None) -> dict[str, Any] | None:
    if endpoint is None:
        return None
    return {
        "host": endpoint.host,
        "port": endpoint.port,
        "connect": str(endpoint.connect) if endpoint.connect else None,
        "server_name": endpoint.server_name,
        "starttls": endpoint.starttls,
    }


def _failure_record(failure: Failure | None) -> dict[str, Any] | None:
    if failure is None:
        return None
    return {"stage": str(failure.stage), "reason": failure.reason, "message": failure.message, "remedy": failure.remedy}


def _observation(item: object, where: str) -> ObservedChain | FailedObservation:
    if not isinstance(item, dict):
        message = f"{where} is not an object."
        raise EvidenceError(message)
    try:
        endpoint = _endpoint(_get(item, "endpoint", dict, where, optional=True), where)
        reached, proxy = (_address(item, key, where) for key in ("address", "proxy"))
    except EvidenceError:
        raise
    except AnchorkeepError as error:
        message = f"{where}: {error.message}"
        raise EvidenceError(message) from None
    observed_at = _moment(_get(item, "observed_at", str, where), where)
    failure = _failure(_get(item, "failure", dict, where, optional=True), where)
    if "certificates" not in item:
        if failure is None or endpoint is None:
            message = f"{where} has neither certificates nor an endpoint with a failure."
            raise EvidenceError(message)
        return FailedObservation(endpoint=endpoint, observed_at=observed_at, failure=failure, address=reached, proxy=proxy)
    return ObservedChain(
        endpoint=endpoint,
        certificates=_certificates(_get(item, "certificates", list, where), where),
        observed_at=observed_at,
        address=reached,
        tls_version=_talk(item, "tls_version", where, limit=60),
        cipher=_talk(item, "cipher", where, limit=60),
        failure=failure,
        client_certificate_requested=bool(_get(item, "client_certificate_requested", bool, where, optional=True)),
        proxy=proxy,
    )


def _address(item: Mapping[str, object], key: str, where: str) -> Address | None:
    text = _get(item, key, str, where, optional=True)
    return Address.parse(text) if text else None


def _endpoint(item: Mapping[str, object] | None, where: str) -> Endpoint | None:
    if item is None:
        return None
    port = _get(item, "port", int, where)
    host = _get(item, "host", str, where)
    return Endpoint.parse(
        f"[{host}]:{port}" if ":" in host else f"{host}:{port}",
        connect=_get(item, "connect", str, where, optional=True),
        server_name=_get(item, "server_name", str, where, optional=True),
        starttls=_talk(item, "starttls", where, limit=60),
    )


def _failure(item: Mapping[str, object] | None, where: str) -> Failure | None:
    if item is None:
        return None
    stage = _get(item, "stage", str, where)
    if stage not in set(Stage):
        message = f"{where}: '{visible(stage)}' is no stage of an observation."
        raise EvidenceError(message)
    return Failure(
        stage=Stage(stage),
        reason=_harmless(_get(item, "reason", str, where), limit=60),
        message=_harmless(_get(item, "message", str, where), limit=500),
        remedy=_talk(item, "remedy", where, limit=500) or "",
    )


def _certificates(items: Sequence[object], where: str) -> tuple[Certificate, ...]:
    if len(items) > MAX_CERTIFICATES:
        message = f"{where} holds {len(items)} certificates, expected at most {MAX_CERTIFICATES}."
        raise EvidenceError(message)
    found: list[Certificate] = []
    for number, item in enumerate(items, start=1):
        place = f"{where}, certificate {number}"
        if not isinstance(item, dict):
            message = f"{place} is not an object."
            raise EvidenceError(message)
        encoded = _get(item, "der", str, place, bound=1 << 24)
        try:
            value = Certificate(base64.b64decode(encoded, validate=True))
        except (binascii.Error, ValueError):
            message = f"{place}: der is not base64."
            raise EvidenceError(message) from None
        claimed = _get(item, "sha256", str, place, optional=True)
        if not value.der or (claimed is not None and claimed != value.sha256.hex()):
            message = f"{place}: the bytes are not those that sha256 names."
            raise EvidenceError(message, remedy="The file was changed after it was written.")
        found.append(value)
    return tuple(found)


def _moment(text: str, where: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):  # The first and the last day of the calendar have no neighbour in another time zone.
        pass
    message = f"{where}: observed_at is no date with a time zone: '{visible(text, limit=60)}'."
    raise EvidenceError(message)


def _talk(item: Mapping[str, object], key: str, where: str, *, limit: int) -> str | None:
    text = _get(item, key, str, where, optional=True)
    return None if text is None else _harmless(text, limit=limit)


def _harmless(text: str, *, limit: int) -> str:
    """Return text as a person may see it; what was escaped when it was written is not escaped again."""
    plain = text.replace("\\", "/")
    return text if visible(plain, limit=limit) == plain else visible(text, limit=limit)


def _get(item: Mapping[str, Any], key: str, kind: type, where: str, *, optional: bool = False, bound: int = _MAX_TEXT) -> Any:  # noqa: ANN401
    """Return a member of the right kind and size; None only where it is optional."""
    value = item.get(key)
    if value is None and optional:
        return None
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        message = f"{where}: {key} is not {_KINDS[kind]}."
        raise EvidenceError(message)
    if isinstance(value, str) and len(value) > bound:
        message = f"{where}: {key} is longer than {bound} characters."
        raise EvidenceError(message)
    return value
