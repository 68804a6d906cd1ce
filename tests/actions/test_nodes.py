import asyncio
import socket
from collections.abc import Sequence
from dataclasses import replace

import pytest

from anchorkeep import lab
from anchorkeep.actions import evidence, nodes, show
from anchorkeep.actions.nodes import MAX_NODES, Wanted
from anchorkeep.actions.show import Report, Subject
from anchorkeep.lab import Mode
from anchorkeep.lab.cloud import now
from anchorkeep.model.chain import FailedObservation, ObservedChain
from anchorkeep.model.endpoint import Address, Endpoint
from anchorkeep.model.view import View, ViewKind
from anchorkeep.observe import observe
from anchorkeep.observe.approach import DIRECT, Approach, KeyType, Proxy, ProxyKind
from anchorkeep.observe.resolve import Resolver, SocketAddress
from tests.peers import reports
from tests.peers.reports import pki

#: Addresses of loopback at which the lab listens, and one at which it does not.
LISTENING = ("127.0.0.1", "127.0.0.2")
SILENT = "127.0.0.3"


def resolver(*hosts: str) -> Resolver:
    """Return what knows these addresses of every name."""
    return lambda _, port: [SocketAddress(socket.AF_INET, (host, port)) for host in hosts]


def uat(cloud: lab.Cloud, *, environment: str = "uat") -> Endpoint:
    """Return a service of the lab by its name and port alone, so that its name must be looked up."""
    service = cloud.endpoints(environment)[0]
    assert service.connect is not None
    return replace(service, port=service.connect.port, connect=None)


def look(
    cloud: lab.Cloud,
    wanted: Wanted,
    *,
    hosts: Sequence[str] = LISTENING,
    approach: Approach = DIRECT,
    endpoint: Endpoint | None = None,
) -> Report:
    """Return the report of UAT's portal with what is wanted."""
    target, known = endpoint or uat(cloud), resolver(*hosts)

    async def see(item: Endpoint, way: Approach) -> ObservedChain | FailedObservation:
        return await observe(item, clock=now, timeout=10, resolver=known, approach=way)

    async def work() -> Report:
        subject = Subject(label=target.label, endpoint=target, approach=approach)
        outcome = await see(target, approach)
        report = show.judge(subject, outcome, pool=reports.pool(cloud.root), at=outcome.observed_at)
        return await nodes.widen(report, wanted, see=see, resolver=known)

    return asyncio.run(work())


def ids(report: Report) -> list[str]:
    """Return the ids of the findings but that of the private root, which every lab has."""
    return [item.id for item in report.findings if item.id != "root-private"]


def of_kind(report: Report, kind: ViewKind) -> list[View]:
    """Return the looks of a kind."""
    return [view for view in report.views if view.kind is kind]


ALL = Wanted(all_addresses=True)
BOTH = Wanted(both_key_types=True)


def test_alike_nodes_are_all_looked_at(cloud: lab.Cloud) -> None:
    """Every address is looked at, in the resolver's order, and equal chains are no finding."""
    report = look(cloud, ALL)
    port = uat(cloud).port
    assert [view.label for view in report.views] == [f"{host}:{port}" for host in LISTENING]
    assert all(view.certificates == cloud.chain("uat") for view in report.views)
    assert ids(report) == []


def test_nodes_that_differ_are_found(cloud: lab.Cloud) -> None:
    """A node with another certificate is found, by its address, over a real connection."""
    cloud.misbehave(Mode.NODES_DIFFER, "uat")
    report = look(cloud, ALL)
    assert ids(report) == ["nodes-differ"]
    first, second = report.views
    assert first.certificates != second.certificates
    assert first.certificates[1:] == second.certificates[1:]


def test_node_that_refuses_is_found(cloud: lab.Cloud) -> None:
    """An address at which nothing listens is told with its reason, and what was observed stays."""
    report = look(cloud, ALL, hosts=(*LISTENING, SILENT))
    (finding,) = [item for item in report.findings if item.id == "node-unreachable"]
    assert f"{SILENT}:{uat(cloud).port} (refused)" in finding.message
    assert report.best is not None
    assert report.best.verifies


def test_no_more_nodes_than_the_bound_are_looked_at(cloud: lab.Cloud) -> None:
    """Of a name with a hundred addresses 64 are looked at, and the others are counted."""
    hosts = [LISTENING[0], *(f"127.0.1.{number}" for number in range(99))]
    report = look(cloud, ALL, hosts=hosts)
    assert len(report.views) == MAX_NODES
    (note,) = [item for item in report.findings if item.id == "nodes-left-out"]
    assert "36 were left out" in note.message


def test_node_that_was_observed_is_not_asked_again(cloud: lab.Cloud) -> None:
    """The address that the observation reached is one of the nodes already."""
    report = look(cloud, ALL, hosts=LISTENING[:1])
    (view,) = report.views
    assert view.outcome.observed_at == report.outcome.observed_at


def test_addresses_are_not_looked_up_behind_a_proxy(cloud: lab.Cloud) -> None:
    """Through a proxy there are no nodes to be seen: it is the proxy that looks the name up."""
    proxied = Approach(proxy=Proxy(kind=ProxyKind.HTTP, address=cloud.tunnel))
    report = look(cloud, ALL, approach=proxied)
    assert isinstance(report.outcome, ObservedChain)
    assert report.views == ()


def test_fault_of_another_chain_is_said_with_its_place(cloud: lab.Cloud) -> None:
    """A chain that only another look gave is judged too, and its findings name the look."""
    cloud.misbehave(Mode.EXPIRED, "production")
    mixed = Wanted(other_way=DIRECT)
    expired = uat(cloud, environment="production")

    async def see(item: Endpoint, way: Approach) -> ObservedChain | FailedObservation:
        target = replace(expired, host=item.host)
        return await observe(target, clock=now, timeout=10, resolver=resolver("127.0.0.1"), approach=way)

    report = asyncio.run(nodes.widen(look(cloud, Wanted()), mixed, see=see))
    (finding,) = [item for item in report.findings if item.id == "expired"]
    assert finding.message.startswith("Directly: ")


def test_both_types_of_key_are_seen(cloud: lab.Cloud) -> None:
    """A server with two certificates gives each to who asks for it, whatever it prefers."""
    cloud.misbehave(Mode.DUAL_KEYS, "uat")
    report = look(cloud, BOTH)
    found = {view.label: view.certificates[0].public_key.label for view in report.views}
    assert found == {KeyType.RSA: "RSA 2048", KeyType.ECDSA: "EC P-256"}
    assert ids(report) == []


def test_type_that_the_server_lacks_is_told(cloud: lab.Cloud) -> None:
    """A server with an ECDSA certificate alone refuses who asks for RSA; that is known, and no finding."""
    report = look(cloud, BOTH)
    rsa, ecdsa = of_kind(report, ViewKind.KEY_TYPE)
    assert (rsa.certificates, ecdsa.certificates) == ((), cloud.chain("uat"))
    assert ids(report) == []


def test_tls_1_3_alone_could_not_tell(cloud: lab.Cloud) -> None:
    """A server of TLS 1.3 alone leaves open which certificates it has."""
    cloud.misbehave(Mode.TLS_1_3_ONLY, "uat")
    assert ids(look(cloud, BOTH)) == ["key-types-unknown"]


@pytest.mark.parametrize(("name", "expected"), [("tunnel", []), ("inspection", ["interception-difference"])])
def test_inspecting_proxy_is_found_by_comparison(cloud: lab.Cloud, name: str, expected: list[str]) -> None:
    """Seen through a proxy that inspects, the chain is another one; through one that tunnels, the same."""
    other = Approach(proxy=Proxy(kind=ProxyKind.HTTP, address=getattr(cloud, name)))
    report = look(cloud, Wanted(other_way=other), endpoint=cloud.endpoints("uat")[0])
    found = ids(report)
    assert [item for item in found if item == "interception-difference"] == expected
    assert ("interception-known-issuer" in found) == bool(expected)
    (view,) = report.views
    assert view.label == f"through the proxy http://{other.proxy.address}"


def test_notes_of_another_chain_are_left_out(cloud: lab.Cloud) -> None:
    """What is worth a note about another chain only, such as a root that was sent, is not said; warnings are."""
    other = Approach(proxy=Proxy(kind=ProxyKind.HTTP, address=cloud.inspection))
    found = ids(look(cloud, Wanted(other_way=other), endpoint=cloud.endpoints("uat")[0]))
    assert "root-sent" not in found
    assert "root-unknown" in found


def test_direct_way_is_compared_with_the_proxys(cloud: lab.Cloud) -> None:
    """Observed through the inspecting proxy and compared with a direct connection, both names are there."""
    approach = Approach(proxy=Proxy(kind=ProxyKind.HTTP, address=cloud.inspection))
    report = look(cloud, Wanted(other_way=DIRECT), approach=approach, endpoint=cloud.endpoints("uat")[0])
    assert {"interception-difference", "interception-known-issuer"} <= set(ids(report))
    (view,) = report.views
    assert (view.label, view.certificates) == ("directly", cloud.chain("uat"))


def test_way_that_is_closed_is_no_comparison(cloud: lab.Cloud) -> None:
    """A proxy at which nothing listens leaves the question open, as a finding of its own."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        address = Address(host="127.0.0.1", port=closed.getsockname()[1])
    other = Approach(proxy=Proxy(kind=ProxyKind.HTTP, address=address))
    assert ids(look(cloud, Wanted(other_way=other))) == ["comparison-failed"]


def test_file_is_looked_at_once() -> None:
    """What a file holds has no nodes, no types of key and no ways; nothing is asked."""
    recorded = ObservedChain(endpoint=Endpoint.parse("a.test"), certificates=(pki().leaf,), observed_at=reports.AT)
    subject = Subject(label="a file", endpoint=recorded.endpoint, recorded=recorded)
    report = show.judge(subject, recorded, pool=reports.pool(), at=reports.AT)

    async def see(_: Endpoint, __: Approach) -> ObservedChain | FailedObservation:
        raise AssertionError("asked")

    wanted = Wanted(all_addresses=True, both_key_types=True, other_way=DIRECT)
    assert asyncio.run(nodes.widen(report, wanted, see=see)) is report


def test_evidence_holds_every_look(cloud: lab.Cloud) -> None:
    """The record names each look with its chain, and holds the certificates that only they gave."""
    cloud.misbehave(Mode.NODES_DIFFER, "uat")
    report = look(cloud, ALL, hosts=(*LISTENING, SILENT))
    (observation,) = evidence.document([report])["observations"]
    said = {item["sha256"] for key in ("certificates", "others") for item in observation[key]}
    named = {fingerprint for look in observation["nodes"] for fingerprint in look["certificates"]}
    assert named == said
    assert [look["failure"] and look["failure"]["reason"] for look in observation["nodes"]] == [None, None, "refused"]


def test_evidence_without_looks_has_no_room_for_them(cloud: lab.Cloud) -> None:
    """Where nothing more was wanted, the record has none of these keys."""
    (observation,) = evidence.document([look(cloud, Wanted())])["observations"]
    assert not {"nodes", "key_types", "other_ways", "others"} & observation.keys()
