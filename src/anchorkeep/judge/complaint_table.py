"""
The texts by which programs say that they do not trust a service, and what each of them can mean.

A row is looked for in a line as it stands, in lower case. The more telling text stands before the one that it contains or
that comes with it: where a log has several, the first row of the table that is found speaks. The texts were written
down from what is known of the programs; they were not held against the programs themselves.
"""

from __future__ import annotations

from typing import NamedTuple

from anchorkeep.judge.cause import Cause


class Row(NamedTuple):
    """
    One text.

    Attributes:
        text: what is looked for, in lower case.
        program: whose text it is, for a person.
        causes: what it can mean, the likeliest first.
    """

    text: str
    program: str
    causes: tuple[Cause, ...]


_JAVA, _OPENSSL, _CURL, _PYTHON = "Java", "OpenSSL", "curl", "Python"
_NODE, _DOTNET, _GO, _GNUTLS, _WINDOWS = "Node.js", ".NET", "Go", "GnuTLS", "Windows"

#: What one text of Java can mean, and with it most of the others that say "unknown issuer".
_UNKNOWN = (
    Cause.ROOT_UNKNOWN,
    Cause.INTERMEDIATE_NOT_SENT,
    Cause.OTHER_STORE,
    Cause.INSPECTION,
    Cause.LEAF_RENEWED,
    Cause.INTERMEDIATE_REPLACED,
)
#: Java's builder passes over what is expired, distrusted by its algorithm or not marked, and then says that it found nothing.
_UNBUILT = (*_UNKNOWN, Cause.STORE_UNTAGGED, Cause.EXPIRED, Cause.ALGORITHM)
_NO_STORE = (Cause.STORE_ABSENT, Cause.STORE_EMPTY, Cause.STORE_UNTAGGED)

TABLE: tuple[Row, ...] = (
    # Names: told apart from everything about trust.
    Row("no subject alternative dns name matching", _JAVA, (Cause.NAME_MISMATCH,)),
    Row("no subject alternative names matching ip address", _JAVA, (Cause.NAME_MISMATCH,)),
    Row("no subject alternative names present", _JAVA, (Cause.NAME_MISMATCH,)),
    Row("no name matching", _JAVA, (Cause.NAME_MISMATCH,)),
    Row("hostname in certificate didn't match", _JAVA, (Cause.NAME_MISMATCH,)),
    Row("doesn't match any of the subject alternative names", _JAVA, (Cause.NAME_MISMATCH,)),
    Row("https hostname wrong", _JAVA, (Cause.NAME_MISMATCH,)),
    Row("no alternative certificate subject name matches", _CURL, (Cause.NAME_MISMATCH,)),
    Row("does not match target host name", _CURL, (Cause.NAME_MISMATCH,)),
    Row("hostname mismatch, certificate is not valid for", _PYTHON, (Cause.NAME_MISMATCH,)),
    Row("ip address mismatch, certificate is not valid for", _PYTHON, (Cause.NAME_MISMATCH,)),
    Row("doesn't match either of", _PYTHON, (Cause.NAME_MISMATCH,)),
    Row("err_tls_cert_altname_invalid", _NODE, (Cause.NAME_MISMATCH,)),
    Row("does not match certificate's altnames", _NODE, (Cause.NAME_MISMATCH,)),
    Row("remotecertificatenamemismatch", _DOTNET, (Cause.NAME_MISMATCH,)),
    Row("sec_e_wrong_principal", _WINDOWS, (Cause.NAME_MISMATCH,)),
    Row("cert_e_cn_no_match", _WINDOWS, (Cause.NAME_MISMATCH,)),
    Row("x509: certificate is valid for", _GO, (Cause.NAME_MISMATCH,)),
    Row("x509: certificate is not valid for any names", _GO, (Cause.NAME_MISMATCH,)),
    Row("x509: certificate relies on legacy common name field", _GO, (Cause.NAME_MISMATCH,)),
    Row("because it doesn't contain any ip sans", _GO, (Cause.NAME_MISMATCH,)),
    Row("hostname mismatch", _OPENSSL, (Cause.NAME_MISMATCH,)),
    Row("ip address mismatch", _OPENSSL, (Cause.NAME_MISMATCH,)),
    Row("name in the certificate does not match the expected", _GNUTLS, (Cause.NAME_MISMATCH,)),
    Row("certificate's owner does not match hostname", _GNUTLS, (Cause.NAME_MISMATCH,)),
    # Distrust by policy.
    Row("and anchored by a distrusted legacy", _JAVA, (Cause.DISTRUSTED,)),
    Row("anchored by a distrusted", _JAVA, (Cause.DISTRUSTED,)),
    Row("certificate is in the list of untrusted", _JAVA, (Cause.DISTRUSTED,)),
    Row("untrusted certificate:", _JAVA, (Cause.DISTRUSTED,)),
    Row("explicitdistrust", _DOTNET, (Cause.DISTRUSTED,)),
    # Algorithms.
    Row("algorithm constraints check failed", _JAVA, (Cause.ALGORITHM,)),
    Row("does not conform to algorithm constraints", _JAVA, (Cause.ALGORITHM,)),
    Row("do not conform to algorithm constraints", _JAVA, (Cause.ALGORITHM,)),
    Row("ee certificate key too weak", _OPENSSL, (Cause.ALGORITHM,)),
    Row("ca certificate key too weak", _OPENSSL, (Cause.ALGORITHM,)),
    Row("ca md too weak", _OPENSSL, (Cause.ALGORITHM,)),
    Row("ca signature digest algorithm too weak", _OPENSSL, (Cause.ALGORITHM,)),
    Row("ee key too small", _OPENSSL, (Cause.ALGORITHM,)),
    Row("ca key too small", _OPENSSL, (Cause.ALGORITHM,)),
    Row("dh key too small", _OPENSSL, (Cause.NOT_TRUST,)),
    Row("x509: cannot verify signature: insecure algorithm", _GO, (Cause.ALGORITHM,)),
    Row("x509: cannot verify signature: algorithm unimplemented", _GO, (Cause.ALGORITHM,)),
    Row("uses insecure algorithm", _GNUTLS, (Cause.ALGORITHM,)),
    Row("hasweaksignature", _DOTNET, (Cause.ALGORITHM,)),
    # The store itself.
    Row("trustanchors parameter must be non-empty", _JAVA, _NO_STORE),
    Row("keystore was tampered with, or password was incorrect", _JAVA, (Cause.STORE_UNREADABLE,)),
    Row("keystore password was incorrect", _JAVA, (Cause.STORE_UNREADABLE,)),
    Row("invalid keystore format", _JAVA, (Cause.STORE_UNREADABLE,)),
    Row("unrecognized keystore format", _JAVA, (Cause.STORE_UNREADABLE,)),
    Row("toderinputstream rejects tag type", _JAVA, (Cause.STORE_UNREADABLE,)),
    Row("derinputstream.getlength", _JAVA, (Cause.STORE_UNREADABLE,)),
    Row("failed to decrypt safe contents entry", _JAVA, (Cause.STORE_UNREADABLE,)),
    Row("error setting certificate verify locations", _CURL, (Cause.STORE_ABSENT, Cause.STORE_UNREADABLE)),
    Row("error setting certificate file", _CURL, (Cause.STORE_ABSENT, Cause.STORE_UNREADABLE)),
    Row("could not find a suitable tls ca certificate bundle", _PYTHON, (Cause.STORE_ABSENT,)),
    Row("no certificate or crl found", _OPENSSL, (Cause.STORE_UNREADABLE,)),
    Row("ignoring extra certs from", _NODE, (Cause.STORE_ABSENT, Cause.STORE_UNREADABLE)),
    # Dates.
    Row("certificateexpiredexception", _JAVA, (Cause.EXPIRED,)),
    Row("certificatenotyetvalidexception", _JAVA, (Cause.NOT_YET_VALID,)),
    Row("validity check failed", _JAVA, (Cause.EXPIRED, Cause.NOT_YET_VALID)),
    Row("timestamp check failed", _JAVA, (Cause.EXPIRED, Cause.NOT_YET_VALID)),
    Row("x509: certificate has expired or is not yet valid", _GO, (Cause.EXPIRED, Cause.NOT_YET_VALID)),
    Row("certificate has expired", _OPENSSL, (Cause.EXPIRED,)),
    Row("certificate is not yet valid", _OPENSSL, (Cause.NOT_YET_VALID,)),
    Row("cert_has_expired", _NODE, (Cause.EXPIRED,)),
    Row("cert_not_yet_valid", _NODE, (Cause.NOT_YET_VALID,)),
    Row("sec_e_cert_expired", _WINDOWS, (Cause.EXPIRED, Cause.NOT_YET_VALID)),
    Row("nottimevalid", _DOTNET, (Cause.EXPIRED, Cause.NOT_YET_VALID)),
    Row("uses expired certificate", _GNUTLS, (Cause.EXPIRED,)),
    Row("uses not yet valid certificate", _GNUTLS, (Cause.NOT_YET_VALID,)),
    # Revocation.
    Row("certificate has been revoked", _JAVA, (Cause.REVOKED,)),
    Row("unable to determine revocation status", _JAVA, (Cause.REVOKED,)),
    Row("certificate revoked", _OPENSSL, (Cause.REVOKED,)),
    Row("unable to get certificate crl", _OPENSSL, (Cause.REVOKED,)),
    Row("crypt_e_no_revocation_check", _WINDOWS, (Cause.REVOKED,)),
    Row("crypt_e_revocation_offline", _WINDOWS, (Cause.REVOKED,)),
    Row("revocationstatusunknown", _DOTNET, (Cause.REVOKED,)),
    # Purposes, and what CAs may do.
    Row("extended key usage does not permit use for tls server authentication", _JAVA, (Cause.WRONG_PURPOSE,)),
    Row("keyusage does not allow digital signatures", _JAVA, (Cause.WRONG_PURPOSE,)),
    Row("keyusage does not allow key encipherment", _JAVA, (Cause.WRONG_PURPOSE,)),
    Row("unsuitable certificate purpose", _OPENSSL, (Cause.WRONG_PURPOSE,)),
    Row("unsupported certificate purpose", _OPENSSL, (Cause.WRONG_PURPOSE,)),
    Row("invalid_purpose", _NODE, (Cause.WRONG_PURPOSE,)),
    Row("x509: certificate specifies an incompatible key usage", _GO, (Cause.WRONG_PURPOSE,)),
    Row("notvalidforusage", _DOTNET, (Cause.WRONG_PURPOSE,)),
    Row("is not a ca certificate", _JAVA, (Cause.BREACHED_LIMIT,)),
    Row("basic constraints check failed", _JAVA, (Cause.BREACHED_LIMIT,)),
    Row("name constraints check failed", _JAVA, (Cause.BREACHED_LIMIT,)),
    Row("ca key usage check failed", _JAVA, (Cause.BREACHED_LIMIT,)),
    Row("invalid ca certificate", _OPENSSL, (Cause.BREACHED_LIMIT,)),
    Row("path length constraint exceeded", _OPENSSL, (Cause.BREACHED_LIMIT,)),
    Row("permitted subtree violation", _OPENSSL, (Cause.BREACHED_LIMIT,)),
    Row("excluded subtree violation", _OPENSSL, (Cause.BREACHED_LIMIT,)),
    Row("missing authority key identifier", _OPENSSL, (Cause.BREACHED_LIMIT,)),
    Row("basic constraints of ca cert not marked critical", _OPENSSL, (Cause.BREACHED_LIMIT,)),
    Row("x509: certificate is not authorized to sign other certificates", _GO, (Cause.BREACHED_LIMIT,)),
    Row("x509: too many intermediates", _GO, (Cause.BREACHED_LIMIT,)),
    # Signatures and encodings.
    Row("signature check failed", _JAVA, (Cause.BAD_SIGNATURE,)),
    Row("certificate signature failure", _OPENSSL, (Cause.BAD_SIGNATURE,)),
    Row("cert_signature_failure", _NODE, (Cause.BAD_SIGNATURE,)),
    Row("notsignaturevalid", _DOTNET, (Cause.BAD_SIGNATURE,)),
    Row("could not parse certificate", _JAVA, (Cause.MALFORMED,)),
    Row("unable to initialize, java.io.ioexception", _JAVA, (Cause.MALFORMED,)),
    Row("x509: malformed", _GO, (Cause.MALFORMED,)),
    Row("x509: negative serial number", _GO, (Cause.MALFORMED,)),
    Row("exceeds the maximum allowed length", _JAVA, (Cause.TOO_MANY,)),
    Row("exceeds the maximum allowed size", _JAVA, (Cause.TOO_MANY,)),
    # An issuer that is not known.
    Row("unable to find valid certification path", _JAVA, _UNBUILT),
    Row("path does not chain with any of the trust anchors", _JAVA, _UNKNOWN),
    Row("pkix path building failed", _JAVA, _UNBUILT),
    Row("no trusted certificate found", _JAVA, _UNKNOWN),
    Row("unable_to_verify_leaf_signature", _NODE, (Cause.INTERMEDIATE_NOT_SENT, *_UNKNOWN[2:])),
    Row("unable to verify the first certificate", _OPENSSL, (Cause.INTERMEDIATE_NOT_SENT, *_UNKNOWN[2:])),
    Row("unable_to_get_issuer_cert_locally", _NODE, _UNKNOWN),
    Row("self_signed_cert_in_chain", _NODE, (Cause.ROOT_UNKNOWN, Cause.INSPECTION, Cause.OTHER_STORE)),
    Row("depth_zero_self_signed_cert", _NODE, (Cause.ROOT_UNKNOWN, Cause.LEAF_RENEWED, Cause.OTHER_STORE)),
    Row("self-signed certificate in certificate chain", _OPENSSL, (Cause.ROOT_UNKNOWN, Cause.INSPECTION, Cause.OTHER_STORE)),
    Row("self signed certificate in certificate chain", _OPENSSL, (Cause.ROOT_UNKNOWN, Cause.INSPECTION, Cause.OTHER_STORE)),
    Row("self-signed certificate", _OPENSSL, (Cause.ROOT_UNKNOWN, Cause.LEAF_RENEWED, Cause.OTHER_STORE)),
    Row("self signed certificate", _OPENSSL, (Cause.ROOT_UNKNOWN, Cause.LEAF_RENEWED, Cause.OTHER_STORE)),
    Row("unable to get local issuer certificate", _OPENSSL, _UNKNOWN),
    Row("unable to get issuer certificate", _OPENSSL, (Cause.ROOT_UNKNOWN, Cause.OTHER_STORE)),
    Row("x509: certificate signed by unknown authority", _GO, _UNKNOWN),
    Row("untrustedroot", _DOTNET, (Cause.ROOT_UNKNOWN, Cause.INSPECTION)),
    Row("partialchain", _DOTNET, (Cause.INTERMEDIATE_NOT_SENT, Cause.ROOT_UNKNOWN)),
    Row("sec_e_untrusted_root", _WINDOWS, (Cause.ROOT_UNKNOWN, Cause.INSPECTION)),
    Row("terminated in a root certificate which is not trusted", _WINDOWS, (Cause.ROOT_UNKNOWN, Cause.INSPECTION)),
    Row("remotecertificatechainerrors", _DOTNET, _UNKNOWN),
    Row("the remote certificate is invalid", _DOTNET, _UNKNOWN),
    Row("certificate issuer is unknown", _GNUTLS, _UNKNOWN),
    Row("server certificate verification failed", _GNUTLS, _UNKNOWN),
    # Alerts that the other side sent, and what is not about trust.
    Row("received fatal alert: unknown_ca", _JAVA, (Cause.PEER_REFUSED,)),
    Row("received fatal alert: certificate_", _JAVA, (Cause.PEER_REFUSED,)),
    Row("received fatal alert: bad_certificate", _JAVA, (Cause.PEER_REFUSED,)),
    Row("alert unknown ca", _OPENSSL, (Cause.PEER_REFUSED,)),
    Row("alert bad certificate", _OPENSSL, (Cause.PEER_REFUSED,)),
    Row("alert certificate ", _OPENSSL, (Cause.PEER_REFUSED,)),
    Row("remote error: tls: ", _GO, (Cause.PEER_REFUSED,)),
    Row("certificate verify failed", _OPENSSL, _UNKNOWN),
    Row("no appropriate protocol", _JAVA, (Cause.NOT_TRUST,)),
    Row("received fatal alert: ", _JAVA, (Cause.NOT_TRUST,)),
    Row("remote host terminated the handshake", _JAVA, (Cause.NOT_TRUST,)),
    Row("unrecognized ssl message, plaintext connection", _JAVA, (Cause.NOT_TRUST,)),
    Row("unsupported or unrecognized ssl message", _JAVA, (Cause.NOT_TRUST,)),
    Row("unknownhostexception", _JAVA, (Cause.NOT_TRUST,)),
    Row("connect timed out", _JAVA, (Cause.NOT_TRUST,)),
    Row("connection refused", "The network", (Cause.NOT_TRUST,)),
    Row("connection reset", "The network", (Cause.NOT_TRUST,)),
    Row("wrong version number", _OPENSSL, (Cause.NOT_TRUST,)),
    Row("handshake failure", _OPENSSL, (Cause.NOT_TRUST,)),
    Row("could not resolve host", _CURL, (Cause.NOT_TRUST,)),
    Row("getaddrinfo enotfound", _NODE, (Cause.NOT_TRUST,)),
)
