"""
The table of roots and their operators: data, each row with its source, each source with its day.

Only what a source was read to say is here. A root that is missing counts by its organization, see `operators`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """
    Where rows of the table come from.

    Attributes:
        name: the source for a person.
        dated: its day; of a copy that names none, the day of the newest audit that it lists.
        url: where it is published.
    """

    name: str
    dated: date
    url: str


SOURCES: Final[dict[str, Reference]] = {
    # The column "Owner", read in the copy that github.com/atc0005/roots keeps, commit 027b301662ee4866a1026212b6c66698a2483eb2.
    "mozilla": Reference(
        name="Mozilla's report of included CA certificates",
        dated=date(2026, 1, 15),
        url="https://wiki.mozilla.org/CA/Included_Certificates",
    ),
}

#: SHA-256 of a root in lower hexadecimal to its operator and the key of the source.
ROWS: Final[dict[str, tuple[str, str]]] = {
    # Actalis Authentication Root CA
    "55926084ec963a64b96e2abe01ce0ba86a64fbfebcc7aab5afc155b37fd76066": ("Actalis", "mozilla"),
    # TunTrust Root CA
    "2e44102ab58cb85419451c8e19d9acf3662cafbc614b6a53960a30f7d0e2eb41": (
        "Agence Nationale de Certification Electronique",
        "mozilla",
    ),
    # Amazon Root CA 1
    "8ecde6884f3d87b1125ba31ac3fcb13d7016de7f57cc904fe1cb97c6ae98196e": ("Amazon Trust Services", "mozilla"),
    # Amazon Root CA 2
    "1ba5b2aa8c65401a82960118f80bec4f62304d83cec4713a19c39c011ea46db4": ("Amazon Trust Services", "mozilla"),
    # Amazon Root CA 3
    "18ce6cfe7bf14e60b2e347b8dfe868cb31d02ebb3ada271569f50343b46db3a4": ("Amazon Trust Services", "mozilla"),
    # Amazon Root CA 4
    "e35d28419ed02025cfa69038cd623962458da5c695fbdea3c22b0bfb25897092": ("Amazon Trust Services", "mozilla"),
    # Starfield Services Root Certificate Authority - G2
    "568d6905a2c88708a4b3025190edcfedb1974a606a13c6e5290fcb2ae63edab5": ("Amazon Trust Services", "mozilla"),
    # Certum EC-384 CA
    "6b328085625318aa50d173c98d8bda09d57e27413d114cf787a0f5d06c030cf6": ("Asseco Data Systems S.A.", "mozilla"),
    # Certum Trusted Network CA
    "5c58468d55f58e497e743982d2b50010b6d165374acf83a7d4a32db768c4408e": ("Asseco Data Systems S.A.", "mozilla"),
    # Certum Trusted Network CA 2
    "b676f2eddae8775cd36cb0f63cd1d4603961f49e6265ba013a2f0307b6d0b804": ("Asseco Data Systems S.A.", "mozilla"),
    # Certum Trusted Root CA
    "fe7696573855773e37a95e7ad4d9cc96c30157c15d31765ba9b15704e1ae78fd": ("Asseco Data Systems S.A.", "mozilla"),
    # T-TeleSec GlobalRoot Class 2
    "91e2f5788d5810eba7ba58737de1548a8ecacd014598bc0b143e041b17052552": ("Deutsche Telekom Security GmbH", "mozilla"),
    # T-TeleSec GlobalRoot Class 3
    "fd73dad31c644ff1b43bef0ccdda96710b9cd9875eca7e31707af3e96d522bbd": ("Deutsche Telekom Security GmbH", "mozilla"),
    # Telekom Security TLS ECC Root 2020
    "578af4ded0853f4e5998db4aeaf9cbea8d945f60b620a38d1a3c13b2bc7ba8e1": ("Deutsche Telekom Security GmbH", "mozilla"),
    # Telekom Security TLS RSA Root 2023
    "efc65cadbb59adb6efe84da22311b35624b71b3b1ea0da8b6655174ec8978646": ("Deutsche Telekom Security GmbH", "mozilla"),
    # DigiCert Assured ID Root CA
    "3e9099b5015e8f486c00bcea9d111ee721faba355a89bcf1df69561e3dc6325c": ("DigiCert", "mozilla"),
    # DigiCert Assured ID Root G2
    "7d05ebb682339f8c9451ee094eebfefa7953a114edb2f44949452fab7d2fc185": ("DigiCert", "mozilla"),
    # DigiCert Assured ID Root G3
    "7e37cb8b4c47090cab36551ba6f45db840680fba166a952db100717f43053fc2": ("DigiCert", "mozilla"),
    # DigiCert Global Root CA
    "4348a0e9444c78cb265e058d5e8944b4d84f9662bd26db257f8934a443c70161": ("DigiCert", "mozilla"),
    # DigiCert Global Root G2
    "cb3ccbb76031e5e0138f8dd39a23f9de47ffc35e43c1144cea27d46a5ab1cb5f": ("DigiCert", "mozilla"),
    # DigiCert Global Root G3
    "31ad6648f8104138c738f39ea4320133393e3a18cc02296ef97c2ac9ef6731d0": ("DigiCert", "mozilla"),
    # DigiCert High Assurance EV Root CA
    "7431e5f4c3c1ce4690774f0b61e05440883ba9a01ed00ba6abd7806ed3b118cf": ("DigiCert", "mozilla"),
    # DigiCert TLS ECC P384 Root G5
    "018e13f0772532cf809bd1b17281867283fc48c6e13be9c69812854a490c1b05": ("DigiCert", "mozilla"),
    # DigiCert TLS RSA4096 Root G5
    "371a00dc0533b3721a7eeb40e8419e70799d2b0a0f2c1d80693165f7cec4ad75": ("DigiCert", "mozilla"),
    # DigiCert Trusted Root G4
    "552f7bdcf1a7af9e6ce672017f4f12abf77240c78e761ac203d1d9d20ac89988": ("DigiCert", "mozilla"),
    # QuoVadis Root CA 1 G3
    "8a866fd1b276b57e578e921c65828a2bed58e9f2f288054134b7f1f4bfc9cc74": ("DigiCert", "mozilla"),
    # QuoVadis Root CA 2
    "85a0dd7dd720adb7ff05f83d542b209dc7ff4528f7d677b18389fea5e5c49e86": ("DigiCert", "mozilla"),
    # QuoVadis Root CA 2 G3
    "8fe4fb0af93a4d0d67db0bebb23e37c71bf325dcbcdd240ea04daf58b47e1840": ("DigiCert", "mozilla"),
    # QuoVadis Root CA 3
    "18f1fc7f205df8adddeb7fe007dd57e3af375a9c4d8d73546bf4f1fed1e18d35": ("DigiCert", "mozilla"),
    # QuoVadis Root CA 3 G3
    "88ef81de202eb018452e43f864725cea5fbd1fc2d9d205730709c5d8b8690f46": ("DigiCert", "mozilla"),
    # CA Disig Root R2
    "e23d4a036d7b70e9f595b1422079d2b91edfbb1fb651a0633eaa8a9dc5f80703": ("Disig, a.s.", "mozilla"),
    # Atos TrustedRoot Root CA RSA TLS 2021
    "81a9088ea59fb364c548a6f85559099b6f0405efbf18e5324ec9f457ba00112f": ("Eviden", "mozilla"),
    # GDCA TrustAUTH R5 ROOT
    "bfff8fd04433487d6a8aa60c1a29767a9fc2bbb05e420f713a13b992891d3893": (
        "Global Digital Cybersecurity Authority Co., Ltd.",
        "mozilla",
    ),
    # GlobalSign Root CA - R6
    "2cabeafe37d06ca22aba7391c0033d25982952c453647349763a3ab5ad6ccf69": ("GlobalSign nv-sa", "mozilla"),
    # GlobalSign Root CA - R3
    "cbb522d7b7f127ad6a0113865bdf1cd4102e7d0759af635a7cf4720dc963c53b": ("GlobalSign nv-sa", "mozilla"),
    # GlobalSign ECC Root CA - R5
    "179fbc148a3dd00fd24ea13458cc43bfa7f59c8182d783a513f6ebec100c8924": ("GlobalSign nv-sa", "mozilla"),
    # GlobalSign Root E46
    "cbb9c44d84b8043e1050ea31a69f514955d7bfd2e2c6b49301019ad61d9f5058": ("GlobalSign nv-sa", "mozilla"),
    # GlobalSign Root R46
    "4fa3126d8d3a11d1c4855a4f807cbad6cf919d3a5a88b03bea2c6372d93c40c9": ("GlobalSign nv-sa", "mozilla"),
    # Go Daddy Root Certificate Authority - G2
    "45140b3247eb9cc8c5b4f0d7b53091f73292089e6e5a63e2749dd3aca9198eda": ("GoDaddy", "mozilla"),
    # Starfield Root Certificate Authority - G2
    "2ce1cb0bf9d2f9e102993fbe215152c3b2dd0cabde1c68e5319b839154dbb7f5": ("GoDaddy", "mozilla"),
    # GlobalSign ECC Root CA - R4
    "b085d70b964f191a73e4af0d54ae7a0e07aafdaf9b71dd0862138ab7325a24a2": ("Google Trust Services LLC", "mozilla"),
    # GTS Root R1
    "d947432abde7b7fa90fc2e6b59101b1280e0e1c7e4e40fa3c6887fff57a7f4cf": ("Google Trust Services LLC", "mozilla"),
    # GTS Root R2
    "8d25cd97229dbf70356bda4eb3cc734031e24cf00fafcfd32dc76eb5841c7ea8": ("Google Trust Services LLC", "mozilla"),
    # GTS Root R4
    "349dfa4058c5e263123b398ae795573c4e1313c83fe68f93556cd5e8031b3c7d": ("Google Trust Services LLC", "mozilla"),
    # Hongkong Post Root CA 3
    "5a2fc03f0c83b090bbfa40604b0988446c7636183df9846e17101a447fb8efd6": (
        "Government of Hong Kong (SAR), Hongkong Post, Certizen",
        "mozilla",
    ),
    # ACCVRAIZ1
    "9a6ec012e1a7da9dbe34194d478ad7c0db1822fb071df12981496ed104384113": (
        "Government of Spain, Autoritat de Certificació de la Comunitat Valenciana (ACCV)",
        "mozilla",
    ),
    # AC RAIZ FNMT-RCM
    "ebc5570c29018c4d67b1aa127baf12f703b4611ebc17b7dab5573894179b93fa": (
        "Government of Spain, Fábrica Nacional de Moneda y Timbre (FNMT)",
        "mozilla",
    ),
    # AC RAIZ FNMT-RCM SERVIDORES SEGUROS
    "554153b13d2cf9ddb753bfbe1a4e0ae08d0aa4187058fe60a2b862b2e4b87bcb": (
        "Government of Spain, Fábrica Nacional de Moneda y Timbre (FNMT)",
        "mozilla",
    ),
    # OISTE WISeKey Global Root GB CA
    "6b9c08e86eb0f767cfad65cd98b62149e5494a67f5845e7bd1ed019f27b86bd6": ("OISTE", "mozilla"),
    # OISTE WISeKey Global Root GC CA
    "8560f91c3624daba9570b5fea0dbe36ff11a8323be9486854fb3f34a5571198d": ("OISTE", "mozilla"),
    # Security Communication ECC RootCA1
    "e74fbda55bd564c473a36b441aa799c8a68e077440e8288b9fa1e50e4bbaca11": ("SECOM Trust Systems Co., Ltd.", "mozilla"),
    # Security Communication RootCA2
    "513b2cecb810d4cde5dd85391adfc6c2dd60d87bb736d2b521484aa47a0ebef6": ("SECOM Trust Systems Co., Ltd.", "mozilla"),
    # COMODO Certification Authority
    "0c2cd63df7806fa399ede809116b575bf87989f06518f9808c860503178baf66": ("Sectigo", "mozilla"),
    # COMODO ECC Certification Authority
    "1793927a0614549789adce2f8f34f7f0b66d0f3ae3a3b84d21ec15dbba4fadc7": ("Sectigo", "mozilla"),
    # COMODO RSA Certification Authority
    "52f0e1c4e58ec629291b60317f074671b85d7ea80d5b07273463534b32b40234": ("Sectigo", "mozilla"),
    # Entrust Root Certification Authority
    "73c176434f1bc6d5adf45b0e76e727287c8de57616c1e6e6141a2b2cbc7d8e4c": ("Sectigo", "mozilla"),
    # Entrust Root Certification Authority - EC1
    "02ed0eb28c14da45165c566791700d6451d7fb56f0b2ab1d3b8eb070e56edff5": ("Sectigo", "mozilla"),
    # Entrust Root Certification Authority - G2
    "43df5774b03e7fef5fe40d931a7bedf1bb2e6b42738c4e6d3841103d3aa7f339": ("Sectigo", "mozilla"),
    # Sectigo Public Server Authentication Root E46
    "c90f26f0fb1b4018b22227519b5ca2b53e2ca5b3be5cf18efe1bef47380c5383": ("Sectigo", "mozilla"),
    # Sectigo Public Server Authentication Root R46
    "7bb647a62aeeac88bf257aa522d01ffea395e0ab45c73f93f65654ec38f25a06": ("Sectigo", "mozilla"),
    # USERTrust ECC Certification Authority
    "4ff460d54b9c86dabfbcfc5712e0400d2bed3fbc4d4fbdaa86e06adcd2a9ad7a": ("Sectigo", "mozilla"),
    # USERTrust RSA Certification Authority
    "e793c9b02fd8aa13e21c31228accb08119643b749c898964b1746d46c3d4cbd2": ("Sectigo", "mozilla"),
    # UCA Extended Validation Root
    "d43af9b35473755c9684fc06d7d8cb70ee5c28e773fb294eb41ee71722924d24": (
        "Shanghai Electronic Certification Authority Co., Ltd.",
        "mozilla",
    ),
    # UCA Global G2 Root
    "9bea11c976fe014764c1be56a6f914b5a560317abd9988393382e5161aa0493c": (
        "Shanghai Electronic Certification Authority Co., Ltd.",
        "mozilla",
    ),
}
