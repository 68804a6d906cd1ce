"""How findings speak of where a chain came from: a service that sent it, or a file that holds it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """
    The words for one kind of origin; parts of sentences, in which `{}` stands for names.

    Attributes:
        origin: the origin as a noun.
        correct: whom to ask where the chain is at fault.
        reissue: whom to ask where a certificate is at fault.
        repeated: certificates that are there more than once.
        unrelated: certificates on no path.
        root: a root that need not be there.
        misplaced: the leaf is not the first.
        disordered: others are out of order.
        lacking: an intermediate that is not there.
        no_issuer: the leaf's issuer is not there.
        unknown: an issuer that is nowhere.
    """

    origin: str
    correct: str
    reissue: str
    repeated: str
    unrelated: str
    root: str
    misplaced: str
    disordered: str
    lacking: str
    no_issuer: str
    unknown: str


_ASK_THE_OPERATOR = "Ask whoever runs the service to have it corrected."

SERVICE = Wording(
    origin="server",
    correct=_ASK_THE_OPERATOR,
    reissue=_ASK_THE_OPERATOR,
    repeated="Sent more than once: {}.",
    unrelated="Sent but on no path from the leaf: {}.",
    root="The server sends the root itself: {}. It is not needed, and no client trusts it for being sent.",
    misplaced="The server's own certificate is not the first one sent; Java and most clients take the first.",
    disordered="The certificates are sent in the wrong order; each should be followed by its issuer.",
    lacking="The server does not send an intermediate: {}. Java, OpenSSL and curl will not find a path.",
    no_issuer="No path: the server does not send the issuer of its certificate, {}, and it is in no pool.",
    unknown="was not sent and is in no pool",
)
FILE = Wording(
    origin="file",
    correct="Correct the file, or ask whoever gave it to you.",
    reissue="Ask whoever issued the certificate to issue it again.",
    repeated="In the file more than once: {}.",
    unrelated="In the file but on no path from the leaf: {}.",
    root="The file holds the root itself: {}. A chain does not need it, and no client trusts it for being there.",
    misplaced="The leaf is not the first certificate of the file; Java and most clients take the first.",
    disordered="The certificates of the file are in the wrong order; each should be followed by its issuer.",
    lacking="The file lacks an intermediate: {}. Where a server sends no more, Java, OpenSSL and curl will not find a path.",
    no_issuer="No path: the issuer of the certificate, {}, is neither in the file nor in a pool.",
    unknown="is neither in the file nor in a pool",
)


def of(*, is_file: bool) -> Wording:
    """Return the words for a chain from a file, or from a service."""
    return FILE if is_file else SERVICE
