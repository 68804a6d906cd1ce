"""Why a program does not trust a service: the causes that are told apart, each with what it means to a person."""

from __future__ import annotations

from enum import StrEnum


class Cause(StrEnum):
    """What went wrong; the values are stable and stand in documents."""

    ROOT_UNKNOWN = "root-unknown"
    INTERMEDIATE_NOT_SENT = "intermediate-not-sent"
    STORE_ABSENT = "store-absent"
    STORE_EMPTY = "store-empty"
    STORE_UNREADABLE = "store-unreadable"
    STORE_UNTAGGED = "store-untagged"
    OTHER_STORE = "other-store"
    INSPECTION = "tls-inspection"
    DISTRUSTED = "distrusted"
    EXPIRED = "expired"
    NOT_YET_VALID = "not-yet-valid"
    LEAF_RENEWED = "leaf-renewed"
    INTERMEDIATE_REPLACED = "intermediate-replaced"
    ALGORITHM = "algorithm-disabled"
    NAME_MISMATCH = "name-mismatch"
    BAD_SIGNATURE = "bad-signature"
    BREACHED_LIMIT = "ca-not-allowed"
    WRONG_PURPOSE = "wrong-purpose"
    TOO_MANY = "chain-too-long"
    MALFORMED = "certificate-not-read"
    REVOKED = "revoked"
    PEER_REFUSED = "other-side-refused"
    NOT_TRUST = "not-about-trust"


#: What each cause means, one sentence for a person who is no expert.
MEANINGS: dict[Cause, str] = {
    Cause.ROOT_UNKNOWN: "The service's chain ends in a root that the store does not hold.",
    Cause.INTERMEDIATE_NOT_SENT: "The service does not send the intermediate certificate between its own and the root.",
    Cause.STORE_ABSENT: "The store that the program is told to use is not there, so it trusts nothing.",
    Cause.STORE_EMPTY: "The store holds no trusted certificate, so the program trusts nothing.",
    Cause.STORE_UNREADABLE: "The program cannot open the store: a wrong password, another format, or damage.",
    Cause.STORE_UNTAGGED: "The store's certificates lack the mark by which Java takes them for trusted, so it sees none.",
    Cause.OTHER_STORE: "This store would do, so the program that fails reads another one.",
    Cause.INSPECTION: "Something on the way opens the connection and presents a chain of its own.",
    Cause.DISTRUSTED: "The program no longer trusts what this root issued, and importing it again does not help.",
    Cause.EXPIRED: "A certificate that has to be valid is past its end.",
    Cause.NOT_YET_VALID: "A certificate is not valid yet, or the clock of the machine is wrong.",
    Cause.LEAF_RENEWED: "The store trusts the service's former certificate alone, and the service has a new one.",
    Cause.INTERMEDIATE_REPLACED: "The store trusts the former intermediate alone, and the service now comes from another.",
    Cause.ALGORITHM: "A certificate's key or signature is of a kind that the program has switched off.",
    Cause.NAME_MISMATCH: "The certificate is for other names than the one the program connects to; trust is not the question.",
    Cause.BAD_SIGNATURE: "A signature does not verify with the key of the issuer that is named.",
    Cause.BREACHED_LIMIT: "A CA on the way issued what it may not issue.",
    Cause.WRONG_PURPOSE: "The certificate is not meant for a server.",
    Cause.TOO_MANY: "The service sends more certificates than the program takes.",
    Cause.MALFORMED: "The program cannot read one of the certificates.",
    Cause.REVOKED: "The certificate was revoked, or the program could not ask whether it was.",
    Cause.PEER_REFUSED: "The other side did not trust the certificate that this side presented.",
    Cause.NOT_TRUST: "The connection failed before or beside the question of trust.",
}
