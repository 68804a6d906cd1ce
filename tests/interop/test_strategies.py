"""What a store of each strategy survives when a service's certificates change: the table of the docs, measured."""

import os
import socket
import ssl
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from OpenSSL import crypto

from anchorkeep import formats, lab
from anchorkeep.formats.recipe import Recipe
from anchorkeep.judge import paths, strategy
from anchorkeep.judge.strategy import Strategy
from anchorkeep.model.certificate import Certificate
from anchorkeep.model.pool import Pool, Source, SourceKind
from anchorkeep.model.truststore import TrustedCertEntry, TrustStore
from tests.conftest import ROOT
from tests.interop.keystores import JRES, compiled, jre
from tests.judge.conftest import AT, ca_template, root
from tests.judge.conftest import leaf as issue

PAGE = ROOT / "docs" / "reference" / "strategies.md"
#: What the test writes stands between these lines of the page.
BEGIN, END = "<!-- measured: begin -->\n", "<!-- measured: end -->\n"
PASSWORD = "changeit"
JAVAS = (JRES[0], JRES[-1])
ENVIRONMENT = "production"

Accepted = Mapping[tuple[str, Strategy], frozenset[str]]


@dataclass(frozen=True, kw_only=True)
class Event:
    """
    A change of the service.

    Attributes:
        title: what changes.
        change: changes it.
        is_of_root: whether the other environment has moved to a root of the list already, to which the service follows.
        is_before: whether the stores are built after it: from what then is to be seen.
    """

    title: str
    change: Callable[[lab.Cloud], None]
    is_of_root: bool = False
    is_before: bool = False


def nothing(_cloud: lab.Cloud) -> None:
    """Leave everything as it is."""


def leaf(cloud: lab.Cloud) -> None:
    """Renew the leaf."""
    cloud.rotate("leaf", ENVIRONMENT)


def intermediate(cloud: lab.Cloud) -> None:
    """Move to a new intermediate below the same root."""
    cloud.rotate("intermediate", ENVIRONMENT)


def root_of_the_list(cloud: lab.Cloud) -> None:
    """Move to the root that the other environment uses, which is of the list."""
    cloud.rotate("root", ENVIRONMENT)


def new_root(cloud: lab.Cloud) -> None:
    """Move to a root that nobody has seen before."""
    cloud.rotate("root", ENVIRONMENT)
    cloud.rotate("root", ENVIRONMENT)


def crossed_root(cloud: lab.Cloud) -> None:
    """Move to a root of the list, and have the old root sign it too."""
    cloud.rotate("root", ENVIRONMENT, has_cross_sign=True)


def no_intermediate(cloud: lab.Cloud) -> None:
    """Send the leaf alone."""
    cloud.misbehave("no-intermediate", ENVIRONMENT)


def expire(cloud: lab.Cloud) -> None:
    """Show a leaf that has expired."""
    cloud.misbehave("expired", ENVIRONMENT)


UNCHANGED = Event(title="nothing changed", change=nothing)
LEAF = Event(title="the leaf was renewed", change=leaf)
INTERMEDIATE = Event(title="the intermediate changed", change=intermediate)
LISTED_ROOT = Event(title="the root changed to another of the operator's list", change=root_of_the_list, is_of_root=True)
CROSSED_ROOT = Event(title="the same, and the old root signed the new one too", change=crossed_root, is_of_root=True)
NEW_ROOT = Event(title="the root changed to one that was in no list", change=new_root, is_of_root=True)
FORGOTTEN = Event(title="the server stopped sending its intermediate", change=no_intermediate)
EXPIRED = Event(title="the leaf that the store was built from has expired", change=expire, is_before=True)
EVENTS = (UNCHANGED, LEAF, INTERMEDIATE, LISTED_ROOT, CROSSED_ROOT, NEW_ROOT, FORGOTTEN, EXPIRED)


class Stores:
    """Stores of every strategy for a service as it is when they are built."""

    def __init__(self, cloud: lab.Cloud, folder: Path, *, public: tuple[Certificate, ...]) -> None:
        """Select by each strategy and write a JKS for Java, which opens fastest; OpenSSL gets the certificates themselves."""
        at = datetime.now(UTC)
        endpoint = cloud.endpoints(ENVIRONMENT)[0]
        assert endpoint.connect is not None
        self.host, self.port = endpoint.host, endpoint.connect.port
        pool = Pool.of(public, Source(kind=SourceKind.MOZILLA, name="the list"))
        search = paths.build(cloud.chain(ENVIRONMENT), pool, at=at, name=self.host)
        self.anchors: dict[Strategy, tuple[Certificate, ...]] = {}
        self.files: dict[Strategy, Path] = {}
        for wanted in Strategy:
            found = strategy.select(search, wanted, at=at, public=public)
            self.anchors[wanted] = tuple(anchor.certificate for anchor in found.anchors)
            self.files[wanted] = folder / f"{wanted}.jks"
            self.files[wanted].write_bytes(_jks(self.anchors[wanted], at=at))


def _jks(certificates: tuple[Certificate, ...], *, at: datetime) -> bytes:
    entries = tuple(
        TrustedCertEntry(alias=str(number), certificate=certificate) for number, certificate in enumerate(certificates)
    )
    recipe = Recipe(at=at, entropy=os.urandom, password=PASSWORD)
    return formats.write(TrustStore(format="jks", entries=entries), format="jks", recipe=recipe)


class Java:
    """A runtime that connects when it is told to."""

    def __init__(self, version: str, classes: Path) -> None:
        """Start it."""
        command = [jre(version) / "bin" / "java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp", classes, "StrategyClient"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8")

    def accepts(self, stores: Stores, wanted: Strategy) -> bool:
        """Return whether it connects with the store of a strategy."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        line = "\t".join([str(stores.files[wanted]), PASSWORD, stores.host, str(stores.port)])
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline().strip()
        assert answer in {"trusted", "refused"}
        return answer == "trusted"

    def end(self) -> None:
        """End it, and see that it ended well."""
        self._process.communicate(timeout=30)
        assert self._process.returncode == 0


def openssl_accepts(stores: Stores, wanted: Strategy, *, partial: bool) -> bool:
    """Return whether OpenSSL connects with the anchors of a strategy, as it is set or with partial chains."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.verify_flags &= ~ssl.VERIFY_X509_PARTIAL_CHAIN
    if partial:
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.load_verify_locations(cadata=b"".join(certificate.der for certificate in stores.anchors[wanted]))
    try:
        with (
            socket.create_connection(("127.0.0.1", stores.port), timeout=10) as connection,
            context.wrap_socket(connection, server_hostname=stores.host),
        ):
            return True
    except ssl.SSLCertVerificationError:
        return False


@pytest.fixture
def javas(tmp_path: Path) -> Iterator[tuple[Java, ...]]:
    """Yield the oldest and the newest runtime, started."""
    classes = compiled("StrategyClient", tmp_path)
    started = tuple(Java(version, classes) for version in JAVAS)
    try:
        yield started
    finally:
        for java in started:
            java.end()


@pytest.fixture
def accepted(cloud: lab.Cloud, javas: tuple[Java, ...], tmp_path: Path) -> Accepted:
    """Return who accepts the service with the store of each strategy after each event."""
    beginning = cloud.state
    cloud.rotate("root", "uat")
    public, ahead = cloud.roots, cloud.state
    found: dict[tuple[str, Strategy], frozenset[str]] = {}
    for event in EVENTS:
        cloud.state = ahead if event.is_of_root else beginning
        if event.is_before:
            event.change(cloud)
        stores = Stores(cloud, tmp_path, public=public)
        if not event.is_before:
            event.change(cloud)
        for wanted in Strategy:
            answers = {java.accepts(stores, wanted) for java in javas}
            assert len(answers) == 1, f"The runtimes disagree: {event.title}, {wanted}."
            who = {"Java"} if answers == {True} else set[str]()
            who |= {"OpenSSL"} if openssl_accepts(stores, wanted, partial=False) else set()
            who |= {"partial"} if openssl_accepts(stores, wanted, partial=True) else set()
            found[event.title, wanted] = frozenset(who)
    return found


ALL, NONE = frozenset({"Java", "OpenSSL", "partial"}), frozenset[str]()
WITHOUT_ROOT = frozenset({"Java", "partial"})
WORDS = {ALL: "accepted", NONE: "**refused**", WITHOUT_ROOT: "Java, partial", frozenset({"Java"}): "Java alone"}


def table(accepted: Accepted) -> str:
    """Return the table of the page."""
    lines = ["| after that | " + " | ".join(f"`{item}`" for item in Strategy) + " |", "| --- |" + " --- |" * len(Strategy)]
    for event in EVENTS:
        cells = (WORDS.get(accepted[event.title, item], ", ".join(sorted(accepted[event.title, item]))) for item in Strategy)
        lines.append(f"| {event.title} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def test_every_warning_comes_true(accepted: Accepted, request: pytest.FixtureRequest) -> None:
    """The lab rotates and each store does what its strategy's warnings say; the table of the docs is the measured one."""

    def row(event: Event) -> list[frozenset[str]]:
        order = (Strategy.ROOT, Strategy.ROOT_SET, Strategy.CHAIN, Strategy.ISSUING, Strategy.LEAF)
        return [accepted[event.title, item] for item in order]

    assert row(UNCHANGED) == [ALL, ALL, ALL, WITHOUT_ROOT, WITHOUT_ROOT]
    assert row(LEAF) == [ALL, ALL, ALL, WITHOUT_ROOT, NONE]
    assert row(INTERMEDIATE) == [ALL, ALL, ALL, NONE, NONE]
    assert row(LISTED_ROOT) == [NONE, ALL, NONE, NONE, NONE]
    assert row(NEW_ROOT) == [NONE, NONE, NONE, NONE, NONE]
    assert row(EXPIRED)[2:] == [frozenset({"Java"}), NONE, frozenset({"Java"})]
    before, _, after = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    shown, _, rest = after.partition(END)
    measured = "\n" + table(accepted) + "\n"
    if request.config.getoption("--write-golden"):
        PAGE.write_text(before + BEGIN + measured + END + rest, encoding="utf-8")
        shown = measured
    assert shown == measured


@pytest.mark.parametrize("is_root_first", [True, False])
def test_cross_certificate_in_a_store_misleads_openssl(*, is_root_first: bool) -> None:
    """Beside its root a cross-certificate makes OpenSSL's answer a matter of the order in the store: it is no anchor."""
    old, new = root("Old"), root("New")
    crossed = old.sign(ca_template(new.certificate.subject), new.certificate.public_key)
    server = issue(new)
    store = crypto.X509Store()
    for certificate in (new.certificate, crossed) if is_root_first else (crossed, new.certificate):
        store.add_cert(crypto.load_certificate(crypto.FILETYPE_ASN1, certificate.der))
    store.set_time(AT)
    context = crypto.X509StoreContext(store, crypto.load_certificate(crypto.FILETYPE_ASN1, server.der))
    if is_root_first:
        context.verify_certificate()
    else:
        with pytest.raises(crypto.X509StoreContextError, match="unable to get issuer certificate"):
            context.verify_certificate()
