"""
Names that products which inspect TLS give to the CA they sign with.

A name is all this looks at, and anyone can choose a name: who is recognized here looks like the product and need not be it; who
is not recognized may inspect all the same, with a CA that an administrator named. Products whose CA has no name of its own, where
every administrator makes one, cannot be in the table. Each row has a public page that shows the name.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from anchorkeep.errors import CertificateError, TLVError

if TYPE_CHECKING:
    from anchorkeep.model.certificate import Certificate
    from anchorkeep.model.chain import CertificationPath
    from anchorkeep.model.name import Name


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspector:
    """
    A product that inspects TLS, by the name of its CA.

    Attributes:
        product: what it is called.
        marks: pairs of an attribute (`CN`, `O`) and text that its value must hold, letter case aside; all of them must be there.
        source: a public page that shows the name.
    """

    product: str
    marks: tuple[tuple[str, str], ...]
    source: str


_CHROMIUM = (
    "https://chromium.googlesource.com/chromium/src/+/main/"
    "chrome/browser/resources/ssl/ssl_error_assistant/ssl_error_assistant.asciipb"
)
#: More telling rows first: the first that fits is named.
INSPECTORS = (
    Inspector(
        product="AdGuard",
        marks=(("CN", "AdGuard Personal CA"),),
        source="https://github.com/AdguardTeam/AdGuardForAndroid/issues/1763",
    ),
    Inspector(
        product="Avast Antivirus",
        marks=(("O", "Avast Web/Mail Shield"),),
        source="https://github.com/mscdex/node-imap/issues/741",
    ),
    Inspector(product="Avast Antivirus", marks=(("O", "avast! Web/Mail Shield"),), source=_CHROMIUM),
    Inspector(
        product="Bitdefender Antivirus",
        marks=(("CN", "Bitdefender Personal CA.Net-Defender"), ("O", "Bitdefender")),
        source=_CHROMIUM,
    ),
    Inspector(
        product="Burp Suite",
        marks=(("CN", "PortSwigger CA"), ("O", "PortSwigger")),
        source="https://github.com/mitmproxy/mitmproxy/issues/4713",
    ),
    Inspector(
        product="Charles Proxy",
        marks=(("CN", "Charles Proxy CA"),),
        source="https://gist.github.com/wilsonsilva/3bf66d65580ccd45cf4bfff79e5bb832",
    ),
    Inspector(product="Cisco Umbrella", marks=(("CN", "Cisco Umbrella Root CA"), ("O", "Cisco")), source=_CHROMIUM),
    Inspector(product="Cisco Umbrella", marks=(("CN", "Cisco Umbrella Primary SubCA"), ("O", "Cisco")), source=_CHROMIUM),
    Inspector(
        product="ContentKeeper",
        marks=(("CN", "ContentKeeper Appliance CA"), ("O", "ContentKeeper Technologies")),
        source=_CHROMIUM,
    ),
    Inspector(product="Cyberoam Firewall", marks=(("O", "Cyberoam Certificate Authority"),), source=_CHROMIUM),
    Inspector(
        product="ESET's antivirus programs",
        marks=(("CN", "ESET SSL Filter CA"),),
        source="https://github.com/the-last-byte/ESET-NPM-Breakage-Fix",
    ),
    Inspector(
        product="Fiddler",
        marks=(("CN", "DO_NOT_TRUST_FiddlerRoot"),),
        source="https://github.com/Lawin0129/LawinServer/issues/116",
    ),
    Inspector(
        product="Fiddler Everywhere",
        marks=(("CN", "Fiddler Root Certificate Authority"),),
        source="https://github.com/telerik/fiddler-everywhere-docs/pull/359",
    ),
    Inspector(product="Forcepoint", marks=(("CN", "Forcepoint Cloud CA"), ("O", "Forcepoint LLC")), source=_CHROMIUM),
    Inspector(
        product="FortiGate",
        marks=(("CN", "FortiGate CA"), ("O", "Fortinet")),
        source="https://community.fortinet.com/t5/FortiCache/How-to-Regenerate-the-Fortinet-CA-SSLProxy-CA-certificate-used/ta-p/198478",
    ),
    Inspector(product="a device of Fortinet", marks=(("O", "Fortinet"),), source=_CHROMIUM),
    Inspector(
        product="Kaspersky's antivirus programs",
        marks=(("CN", "Kaspersky Anti-Virus Personal Root Certificate"),),
        source="https://github.com/microsoft/Git-Credential-Manager-for-Windows/issues/646",
    ),
    Inspector(product="McAfee (Skyhigh) Web Gateway", marks=(("CN", "McAfee Web Gateway"),), source=_CHROMIUM),
    Inspector(
        product="mitmproxy",
        marks=(("CN", "mitmproxy"),),
        source="https://github.com/mitmproxy/mitmproxy/issues/3737",
    ),
    Inspector(product="NetSpark", marks=(("CN", "www.netspark.com"), ("O", "NetSpark")), source=_CHROMIUM),
    Inspector(
        product="Netskope",
        marks=(("CN", ".goskope.com"),),
        source="https://github.com/r4reetik/zupee-netskope-ca-trust",
    ),
    Inspector(
        product="Netskope",
        marks=(("O", "Netskope Inc"),),
        source="https://github.com/r4reetik/zupee-netskope-ca-trust",
    ),
    Inspector(
        product="Norton's antivirus programs",
        marks=(("O", "Norton Web/Mail Shield"),),
        source="https://github.com/matlab/matlab-mcp-server/issues/100",
    ),
    Inspector(product="SmoothWall Firewall", marks=(("CN", "Smoothwall-default-root-certificate-authority"),), source=_CHROMIUM),
    Inspector(product="SonicWall Firewall", marks=(("O", "HTTPS Management Certificate for SonicWALL"),), source=_CHROMIUM),
    Inspector(product="Sophos", marks=(("CN", "Sophos SSL CA_"), ("O", "Sophos")), source=_CHROMIUM),
    Inspector(product="Sophos", marks=(("CN", "Sophos_CA_"),), source=_CHROMIUM),
    Inspector(product="Sophos UTM", marks=(("CN", "sophosutm Proxy CA"),), source=_CHROMIUM),
    Inspector(product="Sophos Web Appliance", marks=(("CN", "Sophos Web Appliance"), ("O", "Sophos")), source=_CHROMIUM),
    Inspector(product="Symantec (Blue Coat) ProxySG", marks=(("O", "Blue Coat"),), source=_CHROMIUM),
    Inspector(product="Trend Micro InterScan Web Security", marks=(("CN", "IWSS.TREND"),), source=_CHROMIUM),
    Inspector(product="Zscaler", marks=(("O", "Zscaler Inc"),), source=_CHROMIUM),
)


def inspector_of(path: CertificationPath) -> tuple[Inspector, Name, Certificate] | None:
    """
    Return who a path's issuers look like, with the name that says so and what it signed; None where it is nobody of the table.

    A public root is not suspected: a CA below one may not sign for a name without its owner (Baseline Requirements §3.2.2.4).
    """
    if path.is_public:
        return None
    for certificate in path.certificates:
        try:
            found = None if len(path.certificates) == 1 and certificate.is_self_issued else recognize(certificate.issuer)
        except CertificateError:
            continue
        if found is not None:
            return found, certificate.issuer, certificate
    return None


@lru_cache(maxsize=256)
def recognize(name: Name) -> Inspector | None:
    """Return the product whose CA is named like that, None for one that is not in the table."""
    try:
        values = [(item.label, item.value.casefold()) for item in name.attributes]
    except TLVError:
        return None
    return next((row for row in INSPECTORS if all(_has(values, mark) for mark in row.marks)), None)


def _has(values: list[tuple[str, str]], mark: tuple[str, str]) -> bool:
    label, text = mark
    return any(own == label and text.casefold() in value for own, value in values)
