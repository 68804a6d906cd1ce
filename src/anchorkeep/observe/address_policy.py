"""
Which addresses may be asked for a certificate's issuer: a table, and nothing that touches a network.

The URL stands in a certificate that a stranger sent, so that asking it blindly would let the stranger reach through this machine
what he cannot reach himself (server-side request forgery). Allowed is what the internet routes to one host; an address in the
table, or outside what is given out, is refused with its reason.

Rules kept here:
- addresses that carry another one (IPv4-mapped, NAT64, 6to4, Teredo) are refused whatever they carry;
- private PKI may be allowed by a person, for addresses of private networks and this machine; link-local addresses, where clouds
  keep their metadata services, are never.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple, TypeAlias

IPAddress: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
IPNetwork: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

#: Where HTTP and HTTPS live (RFC 9110 §4.2); on other ports other services listen, which were not made for strangers.
PORTS = frozenset({80, 443})
#: What is given out as global unicast addresses of version 6 (IANA, "IPv6 Global Unicast Address Assignments").
_GLOBAL_UNICAST_6 = ipaddress.IPv6Network("2000::/3")


class Range(NamedTuple):
    """
    Addresses that are not asked.

    Attributes:
        network: the addresses.
        what: what they are, for a sentence: `is a loopback address`.
        source: who says so.
        is_private: whether a person may allow them.
    """

    network: str
    what: str
    source: str
    is_private: bool = False


#: The special-purpose registries of IANA (RFC 6890) as far as an address in them is not an ordinary host, metadata services of
#: clouds at addresses that look ordinary, and forms that carry another address. The first range that holds an address counts.
RANGES = (
    Range("168.63.129.16/32", "is Azure's metadata and health service", "Microsoft, 'What is IP address 168.63.129.16?'"),
    Range("100.100.100.200/32", "is Alibaba Cloud's metadata service", "Alibaba Cloud, 'View instance metadata'"),
    Range("fd00:ec2::254/128", "is Amazon EC2's metadata service", "AWS, 'Use the Instance Metadata Service'"),
    Range("fd20:ce::254/128", "is Google Cloud's metadata service", "Google Cloud, 'View and query VM metadata'"),
    Range("0.0.0.0/8", "is an address of 'this network'", "RFC 791 §3.2"),
    Range("10.0.0.0/8", "is a private address", "RFC 1918 §3", is_private=True),
    Range("100.64.0.0/10", "is an address shared by a provider's customers", "RFC 6598 §7", is_private=True),
    Range("127.0.0.0/8", "is a loopback address", "RFC 1122 §3.2.1.3", is_private=True),
    Range("169.254.0.0/16", "is a link-local address", "RFC 3927 §2.1"),
    Range("172.16.0.0/12", "is a private address", "RFC 1918 §3", is_private=True),
    Range("192.0.0.0/24", "is an address for protocols of the IETF", "RFC 6890 §2.1"),
    Range("192.0.2.0/24", "is an address for documentation", "RFC 5737 §3"),
    Range("192.88.99.0/24", "is a 6to4 relay", "RFC 7526 §6"),
    Range("192.168.0.0/16", "is a private address", "RFC 1918 §3", is_private=True),
    Range("198.18.0.0/15", "is an address for benchmarks", "RFC 2544 §C.2.2"),
    Range("198.51.100.0/24", "is an address for documentation", "RFC 5737 §3"),
    Range("203.0.113.0/24", "is an address for documentation", "RFC 5737 §3"),
    Range("224.0.0.0/4", "is a multicast address", "RFC 5771 §3"),
    Range("255.255.255.255/32", "is the broadcast address", "RFC 919 §7"),
    Range("240.0.0.0/4", "is a reserved address", "RFC 1112 §4"),
    Range("::/128", "is the unspecified address", "RFC 4291 §2.5.2"),
    Range("::1/128", "is a loopback address", "RFC 4291 §2.5.3", is_private=True),
    Range("::/96", "is an IPv4-compatible address", "RFC 4291 §2.5.5.1"),
    Range("::ffff:0:0/96", "is an IPv4-mapped address", "RFC 4291 §2.5.5.2"),
    Range("::ffff:0:0:0/96", "is an IPv4-translated address", "RFC 2765 §2.1"),
    Range("64:ff9b::/96", "is a NAT64 address", "RFC 6052 §2.1"),
    Range("64:ff9b:1::/48", "is a NAT64 address of a local network", "RFC 8215 §5"),
    Range("100::/64", "is an address whose packets are discarded", "RFC 6666 §4"),
    Range("2001::/32", "is a Teredo address", "RFC 4380 §2.6"),
    Range("2001::/23", "is an address for protocols of the IETF", "RFC 2928 §2"),
    Range("2001:db8::/32", "is an address for documentation", "RFC 3849 §4"),
    Range("2002::/16", "is a 6to4 address", "RFC 3056 §2"),
    Range("3fff::/20", "is an address for documentation", "RFC 9637 §5"),
    Range("5f00::/16", "is a segment identifier", "RFC 9602 §5"),
    Range("fc00::/7", "is a unique local address", "RFC 4193 §3.1", is_private=True),
    Range("fe80::/10", "is a link-local address", "RFC 4291 §2.5.6"),
    Range("fec0::/10", "is a site-local address", "RFC 3879 §4"),
    Range("ff00::/8", "is a multicast address", "RFC 4291 §2.7"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """
    What may be asked.

    Attributes:
        allow_private: whether addresses of private networks and of this machine are allowed.
        ports: the ports that are allowed.
    """

    allow_private: bool = False
    ports: frozenset[int] = PORTS

    def refusal(self, address: IPAddress) -> str | None:
        """
        Return why an address may not be asked, as a sentence without its full stop; None when it may.

        Whether anybody answers there, and who, is not checked.
        """
        found = next((row for network, row in _networks() if network.version == address.version and address in network), None)
        if found is not None:
            if found.is_private and self.allow_private:
                return None
            return f"{address} {found.what} ({found.source})"
        if isinstance(address, ipaddress.IPv6Address) and (address not in _GLOBAL_UNICAST_6 or address.scope_id):
            return f"{address} is no global unicast address (RFC 4291 §2.5.4)"
        # What a registry marked after this table was written, and Python knows.
        if not address.is_global or address.is_multicast:
            return f"{address} is not reachable from everywhere (RFC 6890 §2.2)"
        return None


@cache
def _networks() -> tuple[tuple[IPNetwork, Range], ...]:
    return tuple((ipaddress.ip_network(row.network), row) for row in RANGES)
