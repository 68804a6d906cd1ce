import pytest

from anchorkeep.judge import inspection, wording
from anchorkeep.model.certificate import Certificate
from tests.judge.conftest import below, changed, inspect, leaf, pool, public, root

ROOT = root()
CA = below(ROOT)
LEAF = leaf(CA)
STRAY = root("Stray Root").certificate
UNREADABLE = Certificate(b"\x30\x00")
CHAINS = {
    "certificate-duplicate": ([LEAF, CA.certificate, CA.certificate], public(ROOT.certificate)),
    "certificate-unrelated": ([LEAF, CA.certificate, STRAY], public(ROOT.certificate)),
    "chain-order": ([CA.certificate, LEAF], public(ROOT.certificate)),
    "root-sent": ([LEAF, CA.certificate, ROOT.certificate], public(ROOT.certificate)),
    "root-unknown": ([LEAF, CA.certificate], None),
    "intermediate-missing": ([LEAF], public(ROOT.certificate)),
    "certificate-not-understood": ([UNREADABLE], None),
}


def said(id_: str, *, is_file: bool) -> str:
    """Return message and remedy of a finding about the chain that has it."""
    certificates, known = CHAINS[id_]
    first = LEAF if LEAF in certificates else None
    (finding,) = (item for item in inspect(certificates, known, leaf=first, is_file=is_file) if item.id == id_)
    return f"{finding.message} {finding.remedy}"


def of_a_server(text: str) -> bool:
    """Whether a text speaks of what a server did, or of who runs it."""
    return any(word in text.lower() for word in ("server sends", "server does", "server's own", " sent", "sent ", "runs the"))


@pytest.mark.parametrize("id_", CHAINS)
def test_file_is_not_spoken_of_as_a_server(id_: str) -> None:
    """About a chain in a file nothing is said of what a server sent or of who runs it."""
    assert not of_a_server(said(id_, is_file=True))


@pytest.mark.parametrize("id_", CHAINS)
def test_service_is_spoken_of_as_one(id_: str) -> None:
    """About a chain of a service the finding says what was sent, or names who runs it."""
    assert of_a_server(said(id_, is_file=False))


@pytest.mark.parametrize(("is_file", "origin"), [(True, "file"), (False, "server")])
def test_root_known_from_its_origin_alone_names_it(is_file: bool, origin: str) -> None:  # noqa: FBT001
    """A root that nothing but the chain brought is known from the file, or from the server."""
    chain = [LEAF, CA.certificate, ROOT.certificate]
    (finding,) = (item for item in inspect(chain, is_file=is_file) if item.id == "root-unknown")
    assert f"known from the {origin} itself only" in finding.message


def test_words_are_the_origins() -> None:
    """A file and a service have words of their own."""
    assert (wording.of(is_file=True), wording.of(is_file=False)) == (wording.FILE, wording.SERVICE)


def test_list_is_judged_by_each_certificate() -> None:
    """About roots that do not belong together nothing is said; about one that cannot be read among them, that is said."""
    assert inspection.inspect_list([ROOT.certificate, STRAY]) == ()
    (finding,) = inspection.inspect_list([ROOT.certificate, UNREADABLE, STRAY])
    assert (finding.id, finding.certificates) == ("certificate-not-understood", (UNREADABLE,))


def test_self_signed_server_in_a_file_of_the_users_is_private() -> None:
    """A self-signed CA that answers as a server and is in a pool is vouched for by that file, which a note names."""
    server = root("www.corp.internal", dns_names=("www.corp.internal",)).certificate
    (finding,) = inspect([server], pool(server, name="mine.pem"), name="www.corp.internal")
    assert (finding.id, finding.message.endswith("found in mine.pem.")) == ("root-private", True)


def test_self_signed_server_in_no_file_is_vouched_for_by_nobody() -> None:
    """A self-signed CA that answers as a server and is in no pool is a warning, though another like it is in one."""
    server = root("www.corp.internal", dns_names=("www.corp.internal",)).certificate
    found = {item.id for item in inspect([server], pool(changed(server)), name="www.corp.internal")}
    assert "self-signed" in found
    assert "root-private" not in found
