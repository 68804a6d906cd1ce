"""What real Java runtimes say of chains: one JVM answers all questions, and its exceptions are read as kinds of failure."""

import re
import struct
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from anchorkeep.model.certificate import Certificate
from anchorkeep.model.verdict import Kind, Question
from tests.interop.keystores import compiled

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: What stands in the exceptions, and the kind of failure that it says; the first that fits counts.
_KINDS = (
    (r"trustAnchors parameter must be non-empty", Kind.EMPTY_STORE),
    (r"^store\t|^chain\t|^CertificateParsingException", Kind.NOT_READ),
    (r"unable to find valid certification path|Path does not chain with any", Kind.UNKNOWN_ISSUER),
    (r"CertificateExpiredException", Kind.EXPIRED),
    (r"CertificateNotYetValidException", Kind.NOT_YET_VALID),
    (r"Algorithm constraints check failed|does not conform to algorithm constraints", Kind.WEAK),
    (r"(?:Usage constraint \w+|denyAfter constraint) check failed", Kind.WEAK),
    (r"not a CA certificate", Kind.NOT_A_CA),
    (r"pathLenConstraint violated", Kind.PATH_TOO_LONG),
    (r"keyCertSign|key usage check failed|KeyUsage does not allow", Kind.WRONG_KEY_USAGE),
    (r"Extended key usage does not permit|Netscape cert type", Kind.WRONG_PURPOSE),
    (r"name constraints check failed|supported for OtherName", Kind.NAME_CONSTRAINT),
    (r"matching (?:are )?not supported|IndexOutOfBounds|UnsupportedOperationException", Kind.NAME_CONSTRAINT),
    (r"unrecognized critical extension", Kind.UNKNOWN_CRITICAL),
    (r"distrusted", Kind.DISTRUSTED),
    (r"No subject alternative|No name matching|Illegal given domain name|alternative DNS name", Kind.NAME_MISMATCH),
    (r"signature check failed|SignatureException|InvalidKeyException", Kind.BAD_SIGNATURE),
)


@dataclass(frozen=True)
class Answer:
    """What a runtime said: its words, and whether it trusts."""

    text: str

    @property
    def is_trusted(self) -> bool:
        """Whether it connects."""
        return self.text == "trusted"

    @property
    def kind(self) -> Kind | None:
        """The kind of failure that the exceptions say, None where none is known or it trusts."""
        return next((kind for pattern, kind in _KINDS if re.search(pattern, self.text, re.IGNORECASE)), None)


def program(folder: Path) -> Path:
    """Return the folder with the compiled program."""
    return compiled("Verdicts", folder)


def answers(home: Path, program: Path, questions: Mapping[str, Question], *options: str) -> dict[str, Answer]:
    """Return what the Java of that home says of each question."""
    lines = _ask(home, program, questions.values(), *options)
    return {label: Answer(line) for label, line in zip(questions, lines, strict=True)}


def rate(home: Path, program: Path, question: Question, milliseconds: int) -> int:
    """Return how often a second the runtime answers one question, once it is warm."""
    return int(_ask(home, program, [question], arguments=(str(milliseconds),))[0])


def _ask(home: Path, program: Path, questions: Iterable[Question], *options: str, arguments: tuple[str, ...] = ()) -> list[str]:
    each = list(questions)
    data = struct.pack(">i", len(each)) + b"".join(map(_encoded, each))
    command = [
        str(home / "bin" / "java"),
        "-Duser.language=en",
        "-XX:+UseSerialGC",
        *options,
        "-cp",
        str(program),
        "Verdicts",
        *arguments,
    ]
    result = subprocess.run(command, input=data, capture_output=True, check=True, timeout=300)
    return result.stdout.decode().splitlines()


def _encoded(question: Question) -> bytes:
    # A client hands a name over without the dot at its end.
    name = (question.name or "").removesuffix(".").encode()
    moment = round((question.at - _EPOCH).total_seconds() * 1000)
    parts = (_certificates(question.anchors.certificates), _certificates(question.chain))
    return struct.pack(">qH", moment, len(name)) + name + b"".join(parts)


def _certificates(certificates: tuple[Certificate, ...]) -> bytes:
    each = (struct.pack(">i", len(certificate.der)) + certificate.der for certificate in certificates)
    return struct.pack(">i", len(certificates)) + b"".join(each)
