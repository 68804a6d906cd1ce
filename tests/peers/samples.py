"""Certificates that the tests of model take apart, made by mint."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from anchorkeep import mint
from anchorkeep.mint import Template
from anchorkeep.model.certificate import Certificate
from anchorkeep.model.name import Name
from anchorkeep.tlv import writer

KEY = mint.key.generate("EC P-256")
TEMPLATE = Template(
    subject=mint.name.build(("C", "DE"), ("O", "Example GmbH"), ("CN", "leaf.example")),
    serial_number=4711,
    not_before=datetime(2026, 1, 1, tzinfo=UTC),
    not_after=datetime(2026, 6, 30, 23, 59, 59, tzinfo=UTC),
    dns_names=("leaf.example", "*.leaf.example"),
    ip_addresses=("192.0.2.1", "2001:db8::1"),
)


def certificate(**changes: Any) -> Certificate:
    """Return a self-signed certificate like TEMPLATE, but for the changes."""
    return mint.self_signed(replace(TEMPLATE, **changes), KEY)


def name(*relatives: tuple[tuple[str, bytes], ...]) -> Name:
    """Return a name of relative names, each of pairs of type and encoded value."""
    sets = (writer.set_of(*(writer.sequence(writer.oid(kind), value) for kind, value in pairs)) for pairs in relatives)
    return Name(writer.sequence(*sets))
