"""A small PKI that is the same in every run: keys from fixed seeds, Ed25519's signatures, counted serial numbers."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from anchorkeep.lab import hostile
from anchorkeep.mint import Authority, Template, name
from anchorkeep.mint.authority import self_signed, server_template
from anchorkeep.mint.key import public_key
from anchorkeep.model.certificate import Certificate
from anchorkeep.model.name import Name

AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOST = "licenses.example.test"


def counted() -> Callable[[int], bytes]:
    """Return a source of bytes that counts instead of being random."""
    numbers = itertools.count(1)
    return lambda size: next(numbers).to_bytes(size, "big")


def key(seed: str) -> Ed25519PrivateKey:
    """Return the private key of a seed."""
    return Ed25519PrivateKey.from_private_bytes(sha256(seed.encode()).digest())


@dataclass(frozen=True, kw_only=True)
class Steady:
    """A root, an intermediate and leaf certificates."""

    root: Certificate
    intermediate: Certificate
    leaf: Certificate
    hostile: Certificate
    wide: Certificate
    expired: Certificate
    lone: Certificate


def make() -> Steady:
    """Return the PKI."""
    entropy = counted()
    root = _authority(None, name.build(("C", "DE"), ("O", "Steady Trust GmbH"), ("CN", "Steady Root R1")), "root", entropy)
    intermediate = _authority(root, name.build(("C", "DE"), ("O", "Steady Trust GmbH"), ("CN", "Steady TLS CA 1")), "ca", entropy)
    plain = _template(HOST, entropy)
    organization, service = "株式会社とても長い名前のライセンス管理サービス", "ライセンスサーバー証明書・本番環境用の長い名前"
    wide = name.build(("C", "JP"), ("O", organization), ("CN", service))
    past = replace(plain, not_before=AT - timedelta(days=60), not_after=AT - timedelta(days=3))
    return Steady(
        root=root.certificate,
        intermediate=intermediate.certificate,
        leaf=intermediate.sign(plain, public_key(key("leaf"))),
        hostile=intermediate.sign(hostile.leaf(_template(HOST, entropy)), public_key(key("hostile"))),
        wide=intermediate.sign(replace(plain, subject=wide), public_key(key("wide"))),
        expired=intermediate.sign(past, public_key(key("expired"))),
        lone=self_signed(plain, key("lone")),
    )


def _template(host: str, entropy: Callable[[int], bytes]) -> Template:
    names = (host, "www.example.test", "a-rather-long-name-for-a-service-of-licenses.example.test")
    return server_template(host, dns_names=names, at=AT - timedelta(days=10), days=47, entropy=entropy)


def _authority(issuer: Authority | None, subject: Name, seed: str, entropy: Callable[[int], bytes]) -> Authority:
    template = replace(
        server_template(subject, at=AT - timedelta(days=400), days=3650, entropy=entropy),
        is_ca=True,
        key_usage=("keyCertSign", "cRLSign"),
        extended_key_usage=(),
        path_length=None,
    )
    private = key(seed)
    if issuer is None:
        return Authority(certificate=self_signed(template, private), key=private)
    certificate = issuer.sign(template, public_key(private))
    return Authority(certificate=certificate, key=private, issuers=(issuer.certificate, *issuer.issuers))
