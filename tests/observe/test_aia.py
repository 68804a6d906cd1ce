import asyncio
from dataclasses import replace

import pytest

from anchorkeep import formats
from anchorkeep.lab.aia import Answer, extension
from anchorkeep.mint import key, self_signed, server_template
from anchorkeep.model.certificate import Certificate
from anchorkeep.model.endpoint import Address
from anchorkeep.model.extension import Extension
from anchorkeep.model.retrieval import Retrieval
from anchorkeep.observe import aia, fetch
from anchorkeep.observe.aia import MAX_FETCHES, MAX_URLS, Allowance
from anchorkeep.observe.approach import Proxy, ProxyKind
from anchorkeep.tlv import writer
from tests.peers.issuer_urls import AT, HOST, entropy, ladder_served, retriever, watched

OCSP = writer.sequence(writer.oid("1.3.6.1.5.5.7.48.1"), writer.implicit(6, b"http://ocsp.test/"))
NAMED = writer.sequence(writer.oid("1.3.6.1.5.5.7.48.2"), writer.implicit(2, b"ca.test"))


def naming(*urls: str, value: bytes | None = None) -> Certificate:
    """Return a certificate that names URLs for its issuer, or has that value in their place."""
    named = extension(*urls)
    if value is not None:
        named = Extension(oid=named.oid, critical=False, value=value)
    template = server_template(HOST, at=AT, days=9, entropy=entropy)
    return self_signed(replace(template, extensions=(named,)), key.generate())


def retrieved(*answers: Answer, **settings: object) -> tuple[tuple[Certificate, ...], list[Retrieval], int, list[bytes]]:
    """Return a chain, what was had for its leaf at each URL, what is left of the allowance, and the requests made."""

    async def run() -> tuple[tuple[Certificate, ...], list[Retrieval], int, list[bytes]]:
        async with ladder_served(1, *answers, drip_seconds=0.05) as (chain, server):
            source, allowance = retriever(server.port, **settings), Allowance()
            found = [await source.retrieve(chain[0], url, allowance=allowance) for url in aia.locations(chain[0])]
            return chain, found, allowance.left, list(server.heads)

    return asyncio.run(run())


@pytest.mark.parametrize("answer", [Answer.DER, Answer.PEM, Answer.PKCS7, Answer.REDIRECT])
def test_issuer_is_had_in_every_form(answer: Answer) -> None:
    """DER, PEM and PKCS#7 are told apart by their content, and a redirect on the same server is followed."""
    chain, (found,), _, _ = retrieved(answer)
    assert (found.certificates, found.reason) == ((chain[1],), None)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Answer.HTML, "no-certificate"),
        (Answer.MISSING, "status"),
        (Answer.LOOP, "too-many-fetches"),
        (Answer.TO_METADATA, "address-refused"),
        (Answer.TO_MAPPED, "address-refused"),
        (Answer.TO_NAT64, "address-refused"),
        (Answer.TO_NUMBER, "url-refused"),
        (Answer.TO_LOOPBACK, "port-refused"),
        (Answer.TO_FILE, "url-refused"),
        (Answer.HUGE, "too-large"),
        (Answer.GZIP, "encoded"),
        (Answer.GARBAGE, "protocol-error"),
    ],
)
def test_every_other_answer_has_its_reason(answer: Answer, reason: str) -> None:
    """What gives no certificate gives a stable reason and a sentence, and no exception."""
    _, (found,), _, _ = retrieved(answer)
    assert (found.certificates, found.reason) == ((), reason)
    assert found.message


def test_every_answer_of_the_lab_is_tried() -> None:
    """No way in which the lab answers is left out here."""
    table = next(mark for mark in test_every_other_answer_has_its_reason.pytestmark if mark.name == "parametrize")
    tried = {answer for answer, _ in table.args[1]}
    forms = {Answer.DER, Answer.PEM, Answer.PKCS7, Answer.REDIRECT}
    assert tried | forms | {Answer.DRIP, Answer.SILENT, Answer.WRONG} == set(Answer)


@pytest.mark.parametrize("answer", [Answer.DRIP, Answer.SILENT])
def test_slow_answer_is_given_up(answer: Answer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that drips or says nothing costs the time of one request."""
    monkeypatch.setattr(fetch, "MAX_SECONDS", 0.5)
    _, (found,), _, _ = retrieved(answer)
    assert found.reason == "timeout"


def test_wrong_certificate_is_a_candidate_all_the_same() -> None:
    """Whether a certificate is the issuer is not decided where it is fetched."""
    chain, (found,), _, _ = retrieved(Answer.WRONG)
    assert found.certificates == (chain[2],)


def test_no_cookie_comes_back_and_no_referer() -> None:
    """After a redirect with a cookie the next request carries neither the cookie nor where it came from."""
    _, _, _, heads = retrieved(Answer.REDIRECT, Answer.DER)
    assert len(heads) == 2
    assert not any(word in head.lower() for head in heads for word in (b"cookie", b"referer", b"authorization"))


@pytest.mark.parametrize("answer", [Answer.DER, Answer.MISSING])
def test_url_is_asked_once(answer: Answer) -> None:
    """Chains that name the same URL cause one request, whether it succeeds or fails, one after the other or at the same time."""

    async def run() -> tuple[list[Retrieval], int]:
        async with ladder_served(1, answer) as (chain, server):
            source = retriever(server.port)
            (url,) = aia.locations(chain[0])
            both = await asyncio.gather(*(source.retrieve(chain[0], url, allowance=Allowance()) for _ in range(5)))
            return [*both, await source.retrieve(chain[0], url, allowance=Allowance())], len(server.heads)

    found, requests = asyncio.run(run())
    assert (len(found), requests) == (6, 1)
    assert len({(item.reason, item.certificates) for item in found}) == 1


def test_other_run_asks_again() -> None:
    """What one run was answered, the next one does not know."""

    async def run() -> int:
        async with ladder_served(1, Answer.DER) as (chain, server):
            for _ in range(2):
                await retriever(server.port).retrieve(chain[0], aia.locations(chain[0])[0], allowance=Allowance())
            return len(server.heads)

    assert asyncio.run(run()) == 2


def test_chain_that_gives_up_does_not_end_the_request_of_another() -> None:
    """A cancelled chain leaves the answer to the others that wait for it."""

    async def run() -> Retrieval:
        async with ladder_served(1, Answer.DER) as (chain, server):
            source = retriever(server.port)
            asked = [
                asyncio.create_task(source.retrieve(chain[0], aia.locations(chain[0])[0], allowance=Allowance())) for _ in "ab"
            ]
            await asyncio.sleep(0)
            asked[0].cancel()
            return await asked[1]

    assert asyncio.run(run()).reason is None


def test_answers_kept_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest answer is forgotten when there are too many, and asked for anew."""
    monkeypatch.setattr(aia, "MAX_CACHED", 1)

    async def run() -> int:
        async with ladder_served(1, Answer.DER, Answer.PEM) as (chain, server):
            source = retriever(server.port)
            first, second = aia.locations(chain[0])
            for url in (first, second, second, first):
                await source.retrieve(chain[0], url, allowance=Allowance())
            return len(server.heads)

    assert asyncio.run(run()) == 3


def test_redirects_and_cached_answers_use_up_the_allowance() -> None:
    """A loop spends the allowance though the cache answers it, and what comes after is refused without a request."""
    _, found, left, heads = retrieved(Answer.LOOP, Answer.DER)
    assert [item.reason for item in found] == ["too-many-fetches", "too-many-fetches"]
    assert (left, len(heads)) == (0, 1)


def test_allowance_counts_each_request() -> None:
    """A redirect costs two, an answer one."""
    _, _, left, _ = retrieved(Answer.REDIRECT, Answer.MISSING)
    assert left == MAX_FETCHES - 3


def test_redirect_from_https_to_http_is_refused() -> None:
    """A redirect that leaves TLS is not followed."""

    async def run() -> Retrieval:
        source = retriever(80, 443)
        answers = {"https://a.test/": fetch.Redirect(aia.Location.parse("http://b.test/"))}

        async def ask(location: object, _: object) -> object:
            return answers[str(location)]

        source._ask = ask
        return await source.retrieve(naming(), "https://a.test/", allowance=Allowance())

    assert asyncio.run(run()).reason == "url-refused"


@pytest.mark.parametrize("url", ["http://127.1/", "http://user@host.test/", "http://host.test:99999/", "http://" + "a" * 3000])
def test_odd_url_is_not_asked(url: str) -> None:
    """A URL that programs read differently gives a reason."""
    found = asyncio.run(retriever(80).retrieve(naming(), url, allowance=Allowance()))
    assert found.reason == "url-refused"


def test_private_address_is_refused_unless_allowed() -> None:
    """The lab's server is not even connected to where private addresses are not allowed."""
    with watched() as port:
        source = retriever(port.port, allow_private=False)
        found = asyncio.run(source.retrieve(naming(), f"http://127.0.0.1:{port.port}/", allowance=Allowance()))
        assert (found.reason, port.accepted) == ("address-refused", 0)
    _, (found,), _, _ = retrieved(Answer.DER, allow_private=False)
    assert found.reason == "address-refused"


def test_redirect_to_a_refused_address_opens_no_connection() -> None:
    """Where a redirect leads is checked anew: a port of this machine that is not allowed is not connected to."""

    async def run(port: int) -> Retrieval:
        async with ladder_served(1, Answer.REDIRECT) as (chain, server):

            async def answer(reader: asyncio.StreamReader, output: asyncio.StreamWriter) -> None:
                await reader.readuntil(b"\r\n\r\n")
                target = f"http://[::ffff:127.0.0.1]:{port}/"
                output.write(f"HTTP/1.1 302 Found\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n".encode())
                await output.drain()
                output.close()

            redirecting = await asyncio.start_server(answer, "127.0.0.1", 0)
            async with redirecting:
                begin = redirecting.sockets[0].getsockname()[1]
                source = retriever(server.port, begin, port)
                return await source.retrieve(chain[0], f"http://127.0.0.1:{begin}/", allowance=Allowance())

    with watched() as port:
        assert asyncio.run(run(port.port)).reason == "address-refused"
        assert port.accepted == 0


@pytest.mark.parametrize(("allowed", "reason"), [(False, "through-proxy"), (True, "unreachable")])
def test_proxy_is_asked_only_where_it_is_allowed(*, allowed: bool, reason: str) -> None:
    """Through a proxy nothing is asked until a person allows it."""
    proxy = Proxy(kind=ProxyKind.HTTP, address=Address(host="127.0.0.1", port=1))
    source = retriever(80, allow_proxy=allowed)
    found = asyncio.run(source.retrieve(naming(), "http://ca.test/", allowance=Allowance(), proxy=proxy))
    assert found.reason == reason


def test_urls_are_those_of_issuers_over_http() -> None:
    """Of the access descriptions only caIssuers with an http or https URL are taken, each once, in their order."""
    certificate = naming("ldap://a.test/x", "HTTP://a.test/x", "file:///x", "https://a.test/y", "HTTP://a.test/x")
    assert aia.locations(certificate) == ("HTTP://a.test/x", "https://a.test/y")
    assert aia.locations(naming(value=writer.sequence(OCSP, NAMED))) == ()


def test_urls_are_bounded() -> None:
    """Of many URLs the first few are taken."""
    urls = [f"http://a.test/{number}" for number in range(50)]
    assert aia.locations(naming(*urls)) == tuple(urls[:MAX_URLS])


@pytest.mark.parametrize("value", [b"", b"\x30\x80", b"\x04\x00", b"\x30\x02\x30\x00", b"junk"])
def test_extension_that_cannot_be_read_names_nothing(value: bytes) -> None:
    """An authorityInfoAccess that is broken is passed over."""
    assert aia.locations(naming(value=value)) == ()
    assert aia.locations(Certificate(b"0\x00")) == ()


def test_stores_with_passwords_are_no_answer() -> None:
    """JKS and PKCS#12, whose keys are made to cost time, are not opened for a stranger."""
    refused = aia._read(b"\xfe\xed\xfe\xed\x00\x00\x00\x02\x00\x00\x00\x00" + bytes(20))
    assert refused.reason == "no-certificate"
    shell = bytes.fromhex("3082000a020103300506032a0300")
    assert aia._read(shell).reason == "no-certificate"


def test_certificates_of_one_answer_are_bounded() -> None:
    """Of a large collection the first are taken."""
    many = formats.dumps([naming()] * (aia.MAX_CERTIFICATES + 1), format="pkcs7")
    assert len(aia._read(many)) == aia.MAX_CERTIFICATES
