"""What the lab is at a moment: its authorities, and what each environment presents; as a value and as JSON."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from anchorkeep.errors import InputError
from anchorkeep.lab.mode import Mode
from anchorkeep.mint import Authority, Identity, load_private_key, private_key_pem
from anchorkeep.model.certificate import Certificate
from anchorkeep.observe.listener import Fault
from anchorkeep.observe.serve import Presentation

_FORMAT, _VERSION = "anchorkeep-lab", 2

JSON: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """
    One environment of the lab.

    Attributes:
        name: `uat` or `production`.
        port: where it listens on loopback; 0 before it did.
        identity: its proper certificates.
        cross_signed: certificates of its root's key by an older root, which it sends too.
        mode: how it misbehaves.
        presentation: what it presents, as the mode has it.
        fault: what it does instead of TLS, None for nothing.
        elsewhere: what it presents on its other addresses, None for the same.
    """

    name: str
    identity: Identity
    presentation: Presentation
    port: int = 0
    cross_signed: tuple[Certificate, ...] = ()
    mode: Mode = Mode.NONE
    fault: Fault | None = None
    elsewhere: Presentation | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """
    The whole lab.

    Attributes:
        id: four hexadecimal digits, in the names of its authorities, to tell one lab from another.
        roots: oldest first.
        intermediates: oldest first.
        environments: UAT, then Production.
        inspector: the CA of the proxy that inspects.
        tunnel_port: where the proxy listens that only tunnels; 0 before it did.
        inspection_port: where the proxy listens that inspects; 0 before it did.
        has_made_directory: whether its directory is of its own making.
        aia_port: where issuer URLs are served on loopback; 0 before they were.
    """

    id: str
    roots: tuple[Authority, ...] = field(repr=False)
    intermediates: tuple[Authority, ...] = field(repr=False)
    environments: tuple[Environment, ...]
    inspector: Authority = field(repr=False)
    tunnel_port: int = 0
    inspection_port: int = 0
    has_made_directory: bool = False
    aia_port: int = 0

    def environment(self, name: str) -> Environment:
        """Return the environment of that name."""
        return next(item for item in self.environments if item.name == name)


def dumps(state: State) -> bytes:
    """Return the state as JSON, private keys included: for a file that only its owner may read."""
    document = {
        "format": _FORMAT,
        "version": _VERSION,
        "id": state.id,
        "has_made_directory": state.has_made_directory,
        "aia_port": state.aia_port,
        "roots": [_dump_authority(item) for item in state.roots],
        "intermediates": [_dump_authority(item) for item in state.intermediates],
        "environments": [_dump_environment(item) for item in state.environments],
        "inspector": _dump_authority(state.inspector),
        "tunnel_port": state.tunnel_port,
        "inspection_port": state.inspection_port,
    }
    return json.dumps(document, indent=1).encode()


def loads(data: bytes) -> State:
    """
    Read a state.

    Raises:
        InputError: it is none, or one of another version.
    """
    try:
        document = json.loads(data)
        if document["format"] != _FORMAT or document["version"] != _VERSION:
            raise InputError("This is not the state of a lab of this version.", remedy="End it with: anchorkeep lab down")
        return State(
            id=str(document["id"]),
            has_made_directory=bool(document["has_made_directory"]),
            aia_port=int(document["aia_port"]),
            roots=tuple(map(_load_authority, document["roots"])),
            intermediates=tuple(map(_load_authority, document["intermediates"])),
            environments=tuple(map(_load_environment, document["environments"])),
            inspector=_load_authority(document["inspector"]),
            tunnel_port=int(document["tunnel_port"]),
            inspection_port=int(document["inspection_port"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, binascii.Error):
        # No reason is given: it might quote a key.
        raise InputError("The lab's state cannot be read.", remedy="End it with: anchorkeep lab down") from None


def _dump_authority(authority: Authority) -> JSON:
    return {
        "certificate": _dump_certificate(authority.certificate),
        "key": private_key_pem(authority.key).decode(),
        "issuers": [_dump_certificate(item) for item in authority.issuers],
    }


def _load_authority(item: JSON) -> Authority:
    return Authority(
        certificate=_load_certificate(item["certificate"]),
        key=load_private_key(item["key"].encode()),
        issuers=tuple(map(_load_certificate, item["issuers"])),
    )


def _dump_environment(environment: Environment) -> JSON:
    identity, presentation = environment.identity, environment.presentation
    return {
        "name": environment.name,
        "port": environment.port,
        "mode": environment.mode,
        "fault": environment.fault,
        "chain": [_dump_certificate(item) for item in identity.chain],
        "root": _dump_certificate(identity.root) if identity.root else None,
        "key": private_key_pem(identity.key).decode(),
        "cross_signed": [_dump_certificate(item) for item in environment.cross_signed],
        "presentation": _dump_presentation(presentation),
        "elsewhere": _dump_presentation(environment.elsewhere),
    }


def _load_environment(item: JSON) -> Environment:
    return Environment(
        name=str(item["name"]),
        port=int(item["port"]),
        mode=Mode(item["mode"]),
        fault=Fault(item["fault"]) if item["fault"] is not None else None,
        identity=Identity(
            chain=tuple(map(_load_certificate, item["chain"])),
            root=_load_certificate(item["root"]) if item["root"] else None,
            key=load_private_key(item["key"].encode()),
        ),
        cross_signed=tuple(map(_load_certificate, item["cross_signed"])),
        presentation=_load_presentation(item["presentation"]),
        elsewhere=_load_presentation(item["elsewhere"]) if item["elsewhere"] is not None else None,
    )


def _dump_presentation(presentation: Presentation | None) -> JSON | None:
    if presentation is None:
        return None
    return {
        "certificates": [_dump_certificate(item) for item in presentation.certificates],
        "key": private_key_pem(presentation.key).decode(),
        "demands_client_certificate": presentation.demands_client_certificate,
        "alternative": _dump_presentation(presentation.alternative),
    }


def _load_presentation(item: JSON) -> Presentation:
    return Presentation(
        certificates=tuple(map(_load_certificate, item["certificates"])),
        key=load_private_key(item["key"].encode()),
        demands_client_certificate=bool(item["demands_client_certificate"]),
        alternative=_load_presentation(item["alternative"]) if item["alternative"] is not None else None,
    )


def _dump_certificate(certificate: Certificate) -> str:
    return base64.b64encode(certificate.der).decode()


def _load_certificate(text: str) -> Certificate:
    return Certificate(base64.b64decode(text, validate=True))
