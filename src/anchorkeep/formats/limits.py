"""How much a file may ask of its reader: every bound of this room, each with its reason."""

#: Bytes of a file. The largest list of roots in use is below 2 MiB; 64 MiB holds a store of 30,000 certificates.
MAX_BYTES = 64 * 1024 * 1024
#: Entries of a store, and blocks of a PEM file. A national PKI's directory has some thousands.
MAX_ENTRIES = 100_000
#: Certificates of one private key's chain. Java refuses a handshake with more than 10.
MAX_CHAIN = 100
#: Bytes of all chains of a PKCS#12 store, which keeps a certificate once for many keys: as a file that holds each chain whole.
MAX_CHAINS_BYTES = MAX_BYTES
#: Safe contents inside safe contents in PKCS#12 (RFC 7292 §4.2.6). No program is known to write even one.
MAX_NESTED_SAFES = 8
#: Iterations of one key derivation: what Java accepts (sun.security.pkcs12.PKCS12KeyStore, MAX_ITERATION_COUNT).
MAX_ITERATIONS = 5_000_000
#: Iterations for a whole store under one password, so that many small parts cannot add up: at Java's limit the MAC and one part
#: under 3DES, whose key takes them twice and whose initialization vector once.
MAX_TOTAL_ITERATIONS = 4 * MAX_ITERATIONS
#: Iterations for all passwords together that nobody gave. A store that comes with one everybody knows asks for some ten thousand;
#: what asks for more than this is not opened by guessing.
MAX_GUESSED_ITERATIONS = MAX_ITERATIONS
#: Bytes of a salt. Real ones have 8 to 64.
MAX_SALT = 1024
#: Characters of an alias. Java's own keytool writes at most 65,535 bytes, people at most some hundred.
MAX_ALIAS = 65_535
#: Properties of one entry of a serialized store. Windows' own roots have some twenty.
MAX_PROPERTIES = 100
#: Properties of a serialized store. The smallest has 12 bytes, so that without this a file could ask for gigabytes as values.
MAX_TOTAL_PROPERTIES = 1_000_000
#: Bytes of a property. The largest in use, a cached OCSP answer, has some thousands.
MAX_PROPERTY_BYTES = 1024 * 1024
#: Bytes of a store under RC2, which is slow here, counted as often as they are tried: 4 MiB take some ten seconds, and no store
#: that old is larger.
MAX_RC2_BYTES = 4 * 1024 * 1024
#: Objects inside objects of a serialized Java object, and classes above a class. A sealed key of JCEKS has three.
MAX_OBJECT_DEPTH = 8
#: Values and fields of one serialized Java object, what describes its classes included. A sealed key of JCEKS has some twenty.
MAX_OBJECT_VALUES = 100
