import pytest

from anchorkeep.errors import UsageError
from anchorkeep.lab import site


def ask(path: str, host: str, *, method: str = "GET") -> bytes:
    """Return the answer to a request."""
    return site.respond(f"{method} {path} HTTP/1.1\r\nUser-Agent: test\r\nHost: {host}\r\n\r\n".encode())


@pytest.mark.parametrize("environment", site.ENVIRONMENTS)
def test_ping_paths_answer_at_their_host(environment: str) -> None:
    """The portal answers its two ping paths, the compliance host and the notification service their own, each with 200."""
    paths_of_each = (site.PORTAL_PATHS, site.COMPLIANCE_PATHS, site.NOTIFICATION_PATHS)
    for host, paths in zip(site.names(environment), paths_of_each, strict=True):
        for path in paths:
            assert ask(path, host).startswith(b"HTTP/1.1 200 OK\r\n")
            assert ask(f"{path}?x=1", f"{host.upper()}:443").startswith(b"HTTP/1.1 200 OK\r\n")


def test_other_paths_and_hosts_are_not_found() -> None:
    """A path of the other service, any other path and a host of no environment are 404."""
    portal, compliance = site.hosts("uat")
    for path, host in (
        (site.COMPLIANCE_PATHS[0], portal),
        (site.PORTAL_PATHS[0], compliance),
        ("/", portal),
        (site.NOTIFICATION_PATHS[0], portal),
        (site.PORTAL_PATHS[0], site.names("uat")[2]),
        (site.PORTAL_PATHS[0], "www.example.com"),
    ):
        assert ask(path, host).startswith(b"HTTP/1.1 404 ")


def test_every_path_is_there_by_address() -> None:
    """Asked by its address, without a name, a service answers every ping path."""
    for path in site.PORTAL_PATHS + site.COMPLIANCE_PATHS + site.NOTIFICATION_PATHS:
        assert ask(path, "127.0.0.1:4433").startswith(b"HTTP/1.1 200 ")


def test_head_has_no_body() -> None:
    """HEAD is answered as GET, with the length and without the body."""
    answer = ask(site.PORTAL_PATHS[0], "127.0.0.1", method="HEAD")
    assert b"Content-Length: 3\r\n" in answer
    assert answer.endswith(b"\r\n\r\n")


def test_other_methods_are_refused() -> None:
    """What is neither GET nor HEAD is 405."""
    assert ask(site.PORTAL_PATHS[0], "127.0.0.1", method="DELETE").startswith(b"HTTP/1.1 405 ")


@pytest.mark.parametrize("request_", [b"\r\n\r\n", b"\xff\r\n\r\n", b"GET /\r\n\r\n", b"GET / HTTP/2.0\r\n\r\n"])
def test_what_is_no_request_is_refused(request_: bytes) -> None:
    """A head that is no HTTP/1.1 request is 400."""
    assert site.respond(request_).startswith(b"HTTP/1.1 400 ")


def test_half_a_head_waits() -> None:
    """As long as the head is not whole there is no answer."""
    assert site.respond(b"GET / HTTP/1.1\r\nHost: x\r\n") is None


def test_environments_are_selected_in_the_labs_order() -> None:
    """Whatever the order, UAT comes first; no name means all."""
    assert site.select(("production", "uat")) == site.select(()) == ("uat", "production")
    assert site.select(("production",)) == ("production",)


def test_unknown_environment_is_refused() -> None:
    """An environment the lab does not have is an error that names those it has."""
    with pytest.raises(UsageError, match="uat and production"):
        site.select(("staging",))


def test_names_lie_under_test() -> None:
    """Every host is below a domain that no registry gives away, and within what the root may vouch for."""
    for environment in site.ENVIRONMENTS:
        assert all(host.endswith(".flexnetoperations.test") for host in site.names(environment))
        assert site.names(environment)[:2] == site.hosts(environment)
    assert [site.names(environment)[2] for environment in site.ENVIRONMENTS] == [
        "acme-ns-uat.flexnetoperations.test",
        "acme-ns.flexnetoperations.test",
    ]
    assert site.CONSTRAINTS.permitted_dns == (site.DOMAIN,)
