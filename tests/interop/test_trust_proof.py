"""Real Java virtual machines: they prove a store before it is written, and connect with it afterwards."""

import asyncio
import contextlib
import datetime as dt
import os
import socket
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from anchorkeep import formats, lab
from anchorkeep.actions import proof
from anchorkeep.actions.proof import State
from anchorkeep.actions.show import Subject
from anchorkeep.formats.recipe import Recipe
from anchorkeep.host import jre, jvm, roots
from anchorkeep.host.jre import Jre
from anchorkeep.model import java
from anchorkeep.model.certificate import Certificate
from anchorkeep.model.truststore import TrustedCertEntry, TrustStore
from anchorkeep.observe.approach import Approach, Proxy, ProxyKind
from tests.conftest import require_jdks, require_tool
from tests.interop import keystores
from tests.peers import process
from tests.peers.command import run
from tests.peers.lab import cloud, lab_settings
from tests.peers.observing import at
from tests.peers.pki import present

__all__ = ["cloud", "lab_settings"]

pytestmark = pytest.mark.interop

PASSWORD = "changeit"


def jdk(feature: int | None = None) -> Jre:
    """Return a JDK of this machine, of a release where it is named."""
    require_jdks()
    found = jvm.find_jdk(jre.find(None), wanted=feature)
    assert found is not None
    return found


def written(certificates: Iterable[Certificate], format: str, password: str = PASSWORD) -> tuple[TrustStore, bytes]:  # noqa: A002
    """Return a store of certificates, read back from its bytes, and those."""
    entries = tuple(TrustedCertEntry(certificate=item, alias=f"a{index}") for index, item in enumerate(certificates))
    newest = None if password.isascii() else java.every(25)
    recipe = Recipe(at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC), entropy=os.urandom, password=password, java=newest)
    data = formats.write(TrustStore(format=format, entries=entries), format=format, recipe=recipe)
    return formats.loads(data, password=password, name="store"), data


def by_java(
    certificates: Iterable[Certificate],
    subjects: Sequence[Subject],
    *,
    format: str = "pkcs12",  # noqa: A002 (what it is)
    password: str = PASSWORD,
) -> list[tuple[State, str]]:
    """Return what a JDK says of a store of certificates, for each service."""
    store, data = written(certificates, format, password)
    found = asyncio.run(
        proof.prove(
            store,
            data,
            subjects,
            password=password,
            is_partial_chain=False,
            jdk=jdk(17),
            clock=lambda: dt.datetime.now(dt.UTC),
            timeout=30.0,
        )
    )
    assert {item.verifier.split()[0] for item in found} == {"OpenSSL", "Java"}
    return [(item.state, item.detail) for item in found[len(subjects) :]]


def portals(cloud: lab.Cloud, approach: Approach | None = None) -> list[Subject]:
    """Return the portals of UAT and Production."""
    return [Subject(label=name, endpoint=cloud.endpoints(name)[0], approach=approach) for name in ("uat", "production")]


@pytest.mark.parametrize("format", ["pkcs12", "jks", pytest.param("jceks", marks=pytest.mark.deep)])
def test_java_connects(format: str, cloud: lab.Cloud) -> None:  # noqa: A002 (what it is)
    """Java opens a store of each of its formats, connects to UAT and Production, and trusts both by their root."""
    said = by_java(cloud.roots, portals(cloud), format=format)
    assert said == [(State.PROVED, "Java opened the store and connected.")] * 2


@pytest.mark.parametrize(("mode", "reason"), [("wrong-name", "No subject alternative DNS name"), ("expired", "NotAfter")])
def test_java_refuses(mode: str, reason: str, cloud: lab.Cloud) -> None:
    """Java refuses a certificate for another name, and one that is over, and says why; what is sound is proved beside it."""
    cloud.misbehave(mode, "uat")
    (uat, said), (production, _) = by_java(cloud.roots, portals(cloud))
    assert (uat, production) == (State.REFUSED, State.PROVED)
    assert reason in said


def test_java_refuses_without_the_root(cloud: lab.Cloud) -> None:
    """With a store that holds another root Java trusts neither."""
    before = cloud.roots
    cloud.rotate("root")
    said = by_java(before, portals(cloud))
    assert [state for state, _ in said] == [State.REFUSED, State.REFUSED]
    assert "PKIX path" in said[0][1]


def test_service_that_sends_drop_by_drop_costs_the_others_nothing(cloud: lab.Cloud) -> None:
    """A service that is never done with its first message ends by the time limit, and Java's word on the next one is kept."""
    chain = cloud.endpoints("uat")[0].connect
    assert chain is not None
    store, data = written(cloud.roots, "pkcs12")
    opened = jvm.Opened(type=store.format.upper(), data=data, password=PASSWORD)
    with dripping() as port:
        slow = jvm.Question(address="127.0.0.1", port=port, name="slow.test")
        sound = jvm.Question(address=chain.host, port=chain.port, name=cloud.endpoints("uat")[0].reference_identity)
        first, second = asyncio.run(jvm.ask(jdk(17), opened, (slow, sound), seconds=4.0))
    assert (first.verdict, second.verdict) == (jvm.Verdict.UNKNOWN, jvm.Verdict.TRUSTED)


@contextlib.contextmanager
def dripping() -> Iterator[int]:
    """Serve one connection: announce a long TLS record, and send an octet of it now and then until the block ends."""
    ended = threading.Event()

    def serve(listener: socket.socket) -> None:
        with contextlib.suppress(OSError), listener.accept()[0] as connection:
            connection.sendall(b"\x16\x03\x03\x3f\x00")
            while not ended.wait(0.2):
                connection.sendall(b"\x02")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,), daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        ended.set()
        thread.join(10)


def test_client_certificate_is_no_matter_of_trust(cloud: lab.Cloud) -> None:
    """A service that demands a client certificate is trusted all the same; of one that closes at once nobody can tell."""
    cloud.misbehave("client-certificate", "uat")
    cloud.misbehave("closes-early", "production")
    uat, production = by_java(cloud.roots, portals(cloud))
    assert (uat[0], production[0]) == (State.PROVED, State.NOT_ASKED)


def test_java_judges_what_came_through_a_proxy(cloud: lab.Cloud) -> None:
    """Through a proxy Java judges the chain that came, and says so: for another name, or under another root, it refuses it."""
    tunnel, inspection = (Approach(proxy=Proxy(kind=ProxyKind.HTTP, address=item)) for item in (cloud.tunnel, cloud.inspection))
    uat, production = cloud.endpoints("uat")[0], cloud.endpoints("production")[0]
    subjects = [
        Subject(label="tunnel", endpoint=replace(uat, connect=None), approach=tunnel),
        Subject(label="name", endpoint=replace(production, connect=None, server_name="elsewhere.test"), approach=tunnel),
        Subject(label="inspection", endpoint=replace(uat, connect=None), approach=inspection),
    ]
    said = by_java(cloud.roots, subjects)
    assert [state for state, _ in said] == [State.PROVED, State.REFUSED, State.REFUSED]
    assert "judged the chain" in said[0][1]
    assert "elsewhere.test" in said[1][1]


def test_store_that_java_does_not_open_is_refused(cloud: lab.Cloud) -> None:
    """A store that this release of Java does not open, for its password is not ASCII, proves nothing and is refused."""
    said = by_java(cloud.roots, portals(cloud), password="größer")
    assert [state for state, _ in said] == [State.REFUSED, State.REFUSED]
    assert "the store cannot be opened" in said[0][1]


def test_text_of_a_server_is_escaped(cloud: lab.Cloud) -> None:
    """What a hostile certificate says through Java is one printable line."""
    cloud.misbehave("hostile-names", "uat")
    said = by_java((), portals(cloud))
    assert all(detail.isprintable() for _, detail in said)


def test_java_judges_what_came_after_starttls(tmp_path: Path) -> None:
    """Where TLS is asked for in SMTP, which Java does not speak, it judges the chain that came, and says so."""
    presented, port = present(), process.free_port()
    key, _, _, whole = presented.write(tmp_path)
    script = Path(__file__).parent.parent / "peers" / "smtp.py"
    root = formats.loads(presented.root).certificates
    with process.server([require_tool("python3"), script, str(port), key, whole], port=port, log=tmp_path / "smtp.out"):
        ((state, said),) = by_java(root, [Subject(label="mail", endpoint=replace(at(port), starttls="smtp"))])
    assert state is State.PROVED
    assert "judged the chain" in said


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a compiled program that connects."""
    return keystores.compiled("TlsClient", tmp_path_factory.mktemp("program"))


def connects(home: Path, program: Path, store: Path, cloud: lab.Cloud) -> list[str]:
    """Return what a runtime says of UAT and of Production with a store: trusted or refused."""
    said = []
    for endpoint in (cloud.endpoints(name)[0] for name in ("uat", "production")):
        where = (endpoint.host, str(endpoint.target.port))
        said.append(
            keystores.run(home / "bin" / "java", "-cp", program, "TlsClient", "PKCS12", store, PASSWORD, *where).split()[0]
        )
    return said


@pytest.mark.parametrize("version", keystores.OUTER_JRES)
def test_runtime_connects_with_the_store_that_trust_built(
    version: str, cloud: lab.Cloud, lab_settings: Path, tmp_path: Path, program: Path
) -> None:
    """A runtime connects to both with the store that `trust` built for it, and not to the one that moved to a new root since."""
    home, store = keystores.jre(version), tmp_path / "trust.p12"
    wish = ("trust", "--env", "uat", "--env", "production", "--for", f"jre:{home}", "--config", lab_settings, "--store", store)
    assert run(*wish, "--accept-fingerprint", cloud.root.sha256.hex()).code == 0
    cloud.rotate("root", "production")
    assert connects(home, program, store, cloud) == ["trusted", "refused"]


def test_public_root_needs_no_word(
    cloud: lab.Cloud, lab_settings: Path, tmp_path: Path, program: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A root that is on the list of public roots is added without a word of anybody's, and a real Java connects by it."""
    store = tmp_path / "trust.p12"
    wish = ("trust", "--env", "uat", "--env", "production", "--store", store, "--config", lab_settings)
    assert run(*wish).code == 1
    assert not store.exists()
    listed = roots.mozilla()
    assert isinstance(listed, roots.RootList)
    more = replace(listed, data=listed.data + formats.dumps([cloud.root], format="pem"))
    monkeypatch.setattr(roots, "mozilla", lambda: more)
    assert run(*wish).code == 0
    assert connects(jdk(17).home, program, store, cloud) == ["trusted", "trusted"]
