import asyncio
import datetime as dt
from collections.abc import Iterable
from dataclasses import replace

import pytest

from anchorkeep import lab
from anchorkeep.actions import proof
from anchorkeep.actions.proof import Proof, State
from anchorkeep.actions.show import Subject
from anchorkeep.model.certificate import Certificate
from anchorkeep.model.truststore import PrivateKeyEntry, TrustedCertEntry, TrustStore
from anchorkeep.observe.approach import Approach, Proxy, ProxyKind
from tests.peers.lab import cloud

__all__ = ["cloud"]

HOST = "acme-uat.flexnetoperations.test"


def store_of(certificates: Iterable[Certificate], format: str = "pkcs12") -> TrustStore:  # noqa: A002 (what it is)
    """Return a store that trusts certificates."""
    entries = tuple(TrustedCertEntry(certificate=item, alias=f"a{index}") for index, item in enumerate(certificates))
    return TrustStore(format=format, entries=entries)


def proved(subject: Subject, certificates: Iterable[Certificate], *, is_partial_chain: bool = False) -> Proof:
    """Return what OpenSSL says of a service and a store of certificates; no JDK is asked."""
    found = asyncio.run(
        proof.prove(
            store_of(certificates),
            b"",
            [subject],
            password=None,
            is_partial_chain=is_partial_chain,
            jdk=None,
            clock=lambda: dt.datetime.now(dt.UTC),
            timeout=60.0,
        )
    )
    by_openssl, by_java = found
    assert (by_java.verifier, by_java.state) == ("Java", State.NOT_ASKED)
    assert by_openssl.verifier.startswith("OpenSSL ")
    return by_openssl


def portal(running: lab.Cloud, approach: Approach | None = None) -> Subject:
    """Return UAT's portal."""
    return Subject(label=HOST, endpoint=running.endpoints("uat")[0], approach=approach)


def test_root_is_proved(cloud: lab.Cloud) -> None:
    """A service whose root the store holds is proved."""
    found = proved(portal(cloud), cloud.roots)
    assert (found.endpoint, found.state) == (HOST, State.PROVED)
    assert "signatures, dates, purpose and name" in found.detail
    assert "partial" not in found.detail


def test_store_without_the_root_is_refused(cloud: lab.Cloud) -> None:
    """A store that is empty, or holds what a root signed and not the root, is refused."""
    assert proved(portal(cloud), ()).state is State.REFUSED
    found = proved(portal(cloud), cloud.chain("uat")[1:])
    assert (found.state, "store" in found.detail) == (State.REFUSED, True)


@pytest.mark.parametrize("position", [0, 1], ids=["leaf", "issuing"])
def test_other_anchors_want_partial_chains(position: int, cloud: lab.Cloud) -> None:
    """A leaf and an issuing CA are anchors where partial chains are allowed, which is said, and else not."""
    anchor = cloud.chain("uat")[position]
    found = proved(portal(cloud), [anchor], is_partial_chain=True)
    assert (found.state, "partial chains allowed" in found.detail) == (State.PROVED, True)
    assert proved(portal(cloud), [anchor]).state is State.REFUSED


@pytest.mark.parametrize(
    ("mode", "said"),
    [
        ("expired", "expired"),
        ("not-yet-valid", "not valid yet"),
        ("wrong-name", "not for acme-uat"),
        ("self-signed", "self-signed"),
        ("unknown-ca", "in the store"),
        ("no-intermediate", "neither sent nor in the store"),
        ("weak-key", "too weak"),
    ],
)
def test_what_a_client_refuses_is_refused(mode: str, said: str, cloud: lab.Cloud) -> None:
    """What a usual client of OpenSSL refuses though the root is in the store is refused, with the reason."""
    cloud.misbehave(mode, "uat")
    found = proved(portal(cloud), cloud.roots)
    assert (found.state, said in found.detail) == (State.REFUSED, True), found


@pytest.mark.parametrize("mode", ["expired", "wrong-name"])
def test_leaf_as_anchor_is_checked_too(mode: str, cloud: lab.Cloud) -> None:
    """A leaf that is itself the anchor must still be in its dates and for the name."""
    cloud.misbehave(mode, "uat")
    assert proved(portal(cloud), cloud.chain("uat")[:1], is_partial_chain=True).state is State.REFUSED


@pytest.mark.parametrize("mode", ["closes-early", "http", "garbage"])
def test_service_without_a_chain_is_not_proved(mode: str, cloud: lab.Cloud) -> None:
    """A service that shows no certificates is neither proved nor refused."""
    cloud.misbehave(mode, "uat")
    assert proved(portal(cloud), cloud.roots).state is State.NOT_PROVED


@pytest.mark.parametrize("mode", ["client-certificate", "tls-1.2-only", "tls-1.3-only", "root-sent", "duplicate", "unrelated"])
def test_what_a_client_accepts_is_proved(mode: str, cloud: lab.Cloud) -> None:
    """A service that asks for more, or sends more than it should, is proved by its chain alone."""
    cloud.misbehave(mode, "uat")
    found = proved(portal(cloud), cloud.roots)
    assert found.state is State.PROVED, found


def test_way_through_a_proxy_is_the_one_proved(cloud: lab.Cloud) -> None:
    """Through a proxy that tunnels a service is proved; through one that inspects, which shows another chain, it is refused."""
    uat = cloud.endpoints("uat")[0]
    subject = Subject(label=HOST, endpoint=replace(uat, connect=None))
    for address, state in ((cloud.tunnel, State.PROVED), (cloud.inspection, State.REFUSED)):
        approach = Approach(proxy=Proxy(kind=ProxyKind.HTTP, address=address))
        assert proved(replace(subject, approach=approach), cloud.roots).state is state


def test_rotated_root_is_seen(cloud: lab.Cloud) -> None:
    """The handshake is a new one: a store for yesterday's root is refused once the service has moved to another."""
    before = cloud.roots
    assert proved(portal(cloud), before).state is State.PROVED
    cloud.rotate("root")
    assert proved(portal(cloud), before).state is State.REFUSED
    assert proved(portal(cloud), cloud.roots).state is State.PROVED


def test_hostile_names_are_escaped(cloud: lab.Cloud) -> None:
    """Nothing that a server's certificate says reaches the proof raw."""
    cloud.misbehave("hostile-names", "uat")
    found = proved(portal(cloud), cloud.roots)
    assert found.detail.isprintable()


def test_record_is_not_proved(cloud: lab.Cloud) -> None:
    """What is no service, as a chain from a file, cannot be proved."""
    found = proved(Subject(label="chain.pem"), cloud.roots)
    assert (found.state, found.detail) == (State.NOT_PROVED, "There is no service to connect to.")


def test_format_that_java_does_not_open_is_said(cloud: lab.Cloud) -> None:
    """Of a format that Java does not open the proof by Java says so."""
    found = asyncio.run(
        proof.prove(
            store_of(cloud.roots, "pem"),
            b"",
            [portal(cloud)],
            password=None,
            is_partial_chain=False,
            jdk=None,
            clock=lambda: dt.datetime.now(dt.UTC),
        )
    )
    assert [item.state for item in found] == [State.PROVED, State.NOT_ASKED]
    assert found[1].detail.startswith("Java: not proved. Java opens no ")


def named(format: str, *aliases: str | None) -> tuple[int, ...]:  # noqa: A002 (what it is)
    """Return which entries with these aliases are anchors for whoever reads the store."""
    certificates = [Certificate(bytes([index])) for index in range(len(aliases))]
    entries = [TrustedCertEntry(certificate=item, alias=alias) for item, alias in zip(certificates, aliases, strict=True)]
    found = proof.anchors(TrustStore(format=format, entries=tuple(entries)))
    return tuple(certificates.index(item) for item in found)


def test_anchors_are_what_java_finds() -> None:
    """Of equal aliases the last is an anchor; upper case hides one in JKS and JCEKS only; nameless entries all count."""
    assert named("pkcs12", "a", "b", "a") == (2, 1)
    assert named("pkcs12", "a", "A") == (1,)
    assert named("pkcs12", None, None, "A") == (0, 1, 2)
    assert named("jks", "a", "B", "c") == (0, 2)
    assert named("jceks", "A") == ()
    assert named("pem", None, None) == (0, 1)


def test_certificates_beside_a_key_are_no_anchors() -> None:
    """What is not marked as trusted, and a key's own certificate, are no anchors."""
    certificate = Certificate(b"a")
    untagged = TrustedCertEntry(certificate=certificate, alias="a", is_visible_to_java=False)
    key = PrivateKeyEntry(alias="k", chain=(certificate,))
    assert proof.anchors(TrustStore(format="pkcs12", entries=(untagged, key))) == ()
