r"""
Names made to do harm to whoever prints them, in a certificate that verifies.

They hold what has fooled programs: line ends and a whole PEM block, markup of terminal libraries, escape sequences
that colour, clear and retitle a terminal, marks that turn the direction of text, invisible and combining characters,
a NUL, and what separates the parts of a name in text (`\n`, `,`, `=`).
"""

from __future__ import annotations

import base64
from dataclasses import replace

from anchorkeep.lab import site
from anchorkeep.mint import Template, name

# Base64 of 48 zero octets: a block that some PEM parsers would take for one of the file's own.
_BLOCK = base64.b64encode(bytes(48)).decode()
PEM = f"-----BEGIN CERTIFICATE-----\n{_BLOCK}\n-----END CERTIFICATE-----"
TERMINAL = "\x1b[31mred\x1b[0m\x1b]0;owned\x07\x1b[2J\x9b1m"
RIGHT_TO_LEFT = "moc.live\u202egro.doog\u202c\u2066\u200f\u200b"

_ZALGO = "\u0301" * 40

COMMON_NAME = f"good.example\n{PEM}\r\n[/red][bold]{TERMINAL} {RIGHT_TO_LEFT}\x00, CN=forged"
ORGANIZATION = f"[/red][link=https://example.test]Acme[/link]{TERMINAL}\n{RIGHT_TO_LEFT}, O=forged{_ZALGO}"
#: In subjectAltName only ASCII has a place (IA5String); control characters are ASCII. It stays below the lab's domain.
DNS_NAME = f"[/red]\x1b[31m\r\n-----BEGIN CERTIFICATE-----\n{_BLOCK}\n-----END CERTIFICATE-----\n.{site.DOMAIN}"


def leaf(template: Template) -> Template:
    """Return the template of a server with a hostile subject, and a hostile name beside its own."""
    subject = name.build(("C", "D\nE"), ("O", ORGANIZATION), ("CN", COMMON_NAME))
    return replace(template, subject=subject, dns_names=(*template.dns_names, DNS_NAME))
