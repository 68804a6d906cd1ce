import ipaddress

import pytest

from anchorkeep.observe.address_policy import PORTS, RANGES, Policy

STRICT = Policy()
LOOSE = Policy(allow_private=True)

# The first and the last address of every range that is refused, and what carries another address.
NEVER = [
    *("0.0.0.0", "0.255.255.255", "169.254.0.0", "169.254.169.254", "169.254.255.255", "192.0.0.0", "192.0.0.192"),
    *("192.0.0.255", "192.0.2.1", "192.88.99.1", "198.18.0.0", "198.19.255.255", "198.51.100.7", "203.0.113.9"),
    *("224.0.0.0", "224.0.0.251", "239.255.255.255", "240.0.0.0", "255.255.255.254", "255.255.255.255"),
    *("168.63.129.16", "100.100.100.200", "fd00:ec2::254", "fd20:ce::254"),
    *("::", "::127.0.0.1", "::8.8.8.8", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::ffff:0:8.8.8.8"),
    *("64:ff9b::", "64:ff9b::a00:1", "64:ff9b::808:808", "64:ff9b::ffff:ffff", "64:ff9b:1::", "64:ff9b:1:ffff::1"),
    *("100::1", "2001::", "2001::1", "2001:0:ffff::", "2001:2::1", "2001:10::1", "2001:20::1", "2001:1ff:ffff::"),
    *("2001:db8::1", "2002::", "2002:7f00:1::", "2002:808:808::1", "2002:ffff:ffff::", "3fff::1", "5f00::1"),
    *("fe80::1", "fe80::1%eth0", "febf::1", "fec0::1", "feff:ffff::1", "ff00::", "ff02::1", "ff0e::1", "ffff::1"),
    *("4000::1", "1fff::1", "8000::1", "e000::1", "2606:4700::1%1"),
]
PRIVATE = [
    *("10.0.0.0", "10.255.255.255", "172.16.0.0", "172.31.255.255", "192.168.0.0", "192.168.255.255"),
    *("127.0.0.0", "127.0.0.1", "127.255.255.255", "100.64.0.0", "100.127.255.255"),
    *("::1", "fc00::", "fd12:3456:789a::1", "fdff:ffff::1"),
]
# Ordinary hosts, and the neighbours of every range.
GLOBAL = [
    *("1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.0"),
    *("169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "192.0.1.0", "192.167.255.255", "192.169.0.0"),
    *("198.17.255.255", "198.20.0.0", "223.255.255.255", "168.63.129.15", "168.63.129.17"),
    *("2000::1", "2001:200::1", "2001:4860:4860::8888", "2003::1", "2606:4700:4700::1111", "3ffe:ffff::1"),
]


@pytest.mark.parametrize("text", NEVER)
def test_special_address_is_refused_whatever_is_allowed(text: str) -> None:
    """An address that is no ordinary host is refused, also where private ones are allowed, with the source of the rule."""
    address = ipaddress.ip_address(text)
    for policy in (STRICT, LOOSE):
        refused = policy.refusal(address)
        assert refused is not None
        assert str(address) in refused
        assert refused.endswith(")")


@pytest.mark.parametrize("text", PRIVATE)
def test_private_address_needs_to_be_allowed(text: str) -> None:
    """An address of a private network or of this machine is refused until a person allows such addresses."""
    address = ipaddress.ip_address(text)
    assert STRICT.refusal(address) is not None
    assert LOOSE.refusal(address) is None


@pytest.mark.parametrize("text", GLOBAL)
def test_global_address_is_allowed(text: str) -> None:
    """An ordinary host's address is allowed, also right beside a special range."""
    address = ipaddress.ip_address(text)
    assert (STRICT.refusal(address), LOOSE.refusal(address)) == (None, None)


@pytest.mark.parametrize("row", RANGES, ids=lambda row: row.network)
def test_every_range_decides(row: object) -> None:
    """Each row of the table is the one that refuses an address in it: none is hidden behind another."""
    network = ipaddress.ip_network(row.network)
    candidates = (network[0], network[-1], network[network.num_addresses // 2])
    assert any(row.source in (STRICT.refusal(address) or "") for address in candidates)


def test_whatever_python_calls_private_is_refused() -> None:
    """Where Python's own tables know an address as not global, it is refused, though by another rule."""
    for block in range(256):
        for text in (f"{block}.0.0.1", f"{block}.64.0.1", f"{block}.255.255.254"):
            address = ipaddress.ip_address(text)
            if not address.is_global:
                assert STRICT.refusal(address) is not None


def test_only_the_two_ports_of_http_are_allowed() -> None:
    """Ports 80 and 443 are allowed unless a policy names others."""
    assert frozenset({80, 443}) == PORTS == STRICT.ports == LOOSE.ports


class Withdrawn(ipaddress.IPv4Address):
    """An address that a registry took back after the table was written, and that Python knows of."""

    is_global = False


def test_what_only_python_knows_is_refused() -> None:
    """Python's own tables count as well: both must call an address global."""
    assert "RFC 6890" in (STRICT.refusal(Withdrawn("8.8.8.8")) or "")
    assert STRICT.refusal(ipaddress.ip_address("8.8.8.8")) is None
