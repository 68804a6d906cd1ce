"""
Authorities that issue certificates, and the identities they issue.

    root = Authority.root("Example Root", at=at, days=3650, entropy=os.urandom)
    identity = root.intermediate("Example CA", at=at, days=365, entropy=os.urandom).issue(
        dns_names=("www.example.test",), at=at, days=90, entropy=os.urandom
    )
    identity.chain    # leaf, intermediate: what a service sends
    identity.root     # the root, which it does not send
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TypeAlias

from anchorkeep.mint import key as keys
from anchorkeep.mint import name as names
from anchorkeep.mint.key import PrivateKey
from anchorkeep.mint.template import (
    CA_KEY_USAGE,
    EMPTY_NAME,
    LEAF_KEY_USAGE,
    NameConstraints,
    Template,
    key_identifier,
)
from anchorkeep.model import oid
from anchorkeep.model.certificate import Certificate
from anchorkeep.model.key import PublicKey
from anchorkeep.model.name import Name
from anchorkeep.tlv import writer

Entropy: TypeAlias = Callable[[int], bytes]

#: Octets of a serial number: RFC 5280 §4.1.2.2 allows 20, the Baseline Requirements (§7.1) ask for 8.
_SERIAL_OCTETS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """
    What a service has: its certificates and its key.

    Attributes:
        chain: what it sends: leaf first, then intermediates, without the root.
        key: the leaf's private key.
        root: the self-signed certificate above the chain; None where there is none.
    """

    chain: tuple[Certificate, ...]
    key: PrivateKey = field(repr=False)
    root: Certificate | None = None

    @property
    def leaf(self) -> Certificate:
        """The service's own certificate."""
        return self.chain[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """
    A certification authority.

    Attributes:
        certificate: its own certificate.
        key: its private key.
        issuers: the certificates above it, nearest first, the root last; empty for a root.
    """

    certificate: Certificate
    key: PrivateKey = field(repr=False)
    issuers: tuple[Certificate, ...] = ()

    @classmethod
    def root(
        cls,
        subject: str | Name,
        *,
        at: datetime,
        days: int,
        entropy: Entropy,
        key_type: str = keys.DEFAULT,
        path_length: int | None = None,
        name_constraints: NameConstraints | None = None,
    ) -> Authority:
        """
        Return a new self-signed CA.

        Args:
            subject: its name, or the text of its common name.
            at: the first moment of its validity, aware, UTC.
            days: how long it is valid.
            entropy: where the serial number comes from.
            key_type: as `key.generate` takes it.
            path_length: how many intermediates may follow; None: any number.
            name_constraints: names it may issue for; None: any.
        """
        key = keys.generate(key_type)
        template = _ca_template(
            subject,
            at=at,
            days=days,
            entropy=entropy,
            path_length=path_length,
            name_constraints=name_constraints,
        )
        return cls(certificate=self_signed(template, key), key=key)

    def intermediate(
        self,
        subject: str | Name,
        *,
        at: datetime,
        days: int,
        entropy: Entropy,
        key_type: str = keys.DEFAULT,
        path_length: int | None = None,
        name_constraints: NameConstraints | None = None,
    ) -> Authority:
        """Return a new CA below this one; the arguments are those of `root`."""
        key = keys.generate(key_type)
        template = _ca_template(
            subject,
            at=at,
            days=days,
            entropy=entropy,
            path_length=path_length,
            name_constraints=name_constraints,
        )
        certificate = self.sign(template, keys.public_key(key))
        return Authority(certificate=certificate, key=key, issuers=(self.certificate, *self.issuers))

    def issue(
        self,
        *,
        dns_names: tuple[str, ...] = (),
        ip_addresses: tuple[str, ...] = (),
        at: datetime,
        days: int,
        entropy: Entropy,
        subject: str | Name | None = None,
        key_type: str = keys.DEFAULT,
    ) -> Identity:
        """
        Return a new TLS server with its certificate.

        Args:
            dns_names: names of the server.
            ip_addresses: addresses of the server, in text form.
            at: the first moment of its validity, aware, UTC.
            days: how long it is valid.
            entropy: where the serial number comes from.
            subject: None: the first DNS name as common name, or an empty name where there is none.
            key_type: as `key.generate` takes it.
        """
        if subject is None:
            subject = dns_names[0] if dns_names else EMPTY_NAME
        template = server_template(subject, dns_names=dns_names, ip_addresses=ip_addresses, at=at, days=days, entropy=entropy)
        return self.identity(template, keys.generate(key_type))

    def identity(self, template: Template, key: PrivateKey) -> Identity:
        """Return an identity with a certificate as the template has it."""
        path = (self.sign(template, keys.public_key(key)), self.certificate, *self.issuers)
        return Identity(chain=path[:-1], key=key, root=path[-1])

    def cross_sign(self, other: Authority, *, at: datetime, days: int, entropy: Entropy) -> Certificate:
        """
        Return a certificate for the name and key of `other`, issued by this authority.

        Its key usage is a CA's; name constraints and path length are those of the certificate of `other`.
        """
        constraints, kept = (
            other.certificate.basic_constraints,
            other.certificate.extension(oid.NAME_CONSTRAINTS),
        )
        template = _ca_template(
            other.certificate.subject,
            at=at,
            days=days,
            entropy=entropy,
            path_length=constraints.path_length if constraints else None,
            name_constraints=None,
        )
        template = replace(template, extensions=(kept,) if kept else ())
        return self.sign(template, other.certificate.public_key)

    def sign(self, template: Template, public_key: PublicKey) -> Certificate:
        """Return a template's certificate for a public key, signed by this authority; nothing is checked."""
        return _signed(
            template,
            public_key,
            issuer=self.certificate.subject,
            key=self.key,
            authority_key_identifier=self.certificate.subject_key_identifier,
        )


def self_signed(template: Template, key: PrivateKey) -> Certificate:
    """Return a template's certificate, signed by its own key, which authorityKeyIdentifier names."""
    public_key = keys.public_key(key)
    return _signed(
        template,
        public_key,
        issuer=template.subject,
        key=key,
        authority_key_identifier=key_identifier(public_key),
    )


def server_template(
    subject: str | Name,
    *,
    dns_names: tuple[str, ...] = (),
    ip_addresses: tuple[str, ...] = (),
    at: datetime,
    days: int,
    entropy: Entropy,
) -> Template:
    """Return what `Authority.issue` writes, to be changed by `dataclasses.replace`."""
    return Template(
        subject=_name(subject),
        serial_number=serial_number(entropy),
        not_before=at,
        not_after=_last_moment(at, days),
        key_usage=LEAF_KEY_USAGE,
        extended_key_usage=(oid.SERVER_AUTH,),
        dns_names=dns_names,
        ip_addresses=ip_addresses,
    )


def serial_number(entropy: Entropy) -> int:
    """Return a positive serial number of 127 random bits."""
    return (int.from_bytes(entropy(_SERIAL_OCTETS), "big") >> 1) or 1


def _ca_template(
    subject: str | Name,
    *,
    at: datetime,
    days: int,
    entropy: Entropy,
    path_length: int | None,
    name_constraints: NameConstraints | None,
) -> Template:
    return Template(
        subject=_name(subject),
        serial_number=serial_number(entropy),
        not_before=at,
        not_after=_last_moment(at, days),
        is_ca=True,
        path_length=path_length,
        key_usage=CA_KEY_USAGE,
        name_constraints=name_constraints,
    )


def _signed(
    template: Template,
    public_key: PublicKey,
    *,
    issuer: Name,
    key: PrivateKey,
    authority_key_identifier: bytes | None,
) -> Certificate:
    algorithm = keys.signature_algorithm(key, template.hash_name, null_parameters=template.null_parameters)
    tbs = template.tbs(public_key, issuer=issuer, algorithm=algorithm, authority_key_identifier=authority_key_identifier)
    signature = keys.sign(key, tbs, hash_name=template.hash_name)
    return Certificate(writer.sequence(tbs, algorithm, writer.bit_string(signature)))


def _name(subject: str | Name) -> Name:
    return names.build(("CN", subject)) if isinstance(subject, str) else subject


def _last_moment(at: datetime, days: int) -> datetime:
    """Both ends count (RFC 5280 §4.1.2.5), so that a day is 86,400 seconds and not one more."""
    return at + timedelta(days=days, seconds=-1)
