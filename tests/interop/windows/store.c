/* What Windows' crypt32 makes of a serialized certificate store.
 *
 *   store list FILE            a line a certificate: SHA-1 as crypt32 counts it, friendly name as UTF-16LE in hex
 *   store element FILE         the same of one certificate with the properties before it, without header and end
 *   store copy FILE OUT NAME   read FILE, give each certificate NAME (ASCII) as friendly name, write OUT as a serialized store
 */
#include <windows.h>
#include <wincrypt.h>
#include <stdio.h>
#include <string.h>

static int failed(const char *what)
{
    fprintf(stderr, "%s: 0x%08lx\n", what, GetLastError());
    return 1;
}

static int print_property(PCCERT_CONTEXT certificate, DWORD id)
{
    BYTE value[4096];
    DWORD size = sizeof value;
    if (!CertGetCertificateContextProperty(certificate, id, value, &size))
        return 0;
    for (DWORD i = 0; i < size; i++)
        printf("%02x", value[i]);
    return 1;
}

static int list(HCERTSTORE store)
{
    PCCERT_CONTEXT certificate = NULL;
    while ((certificate = CertEnumCertificatesInStore(store, certificate))) {
        if (!print_property(certificate, CERT_SHA1_HASH_PROP_ID))
            return failed("SHA-1");
        printf(" ");
        print_property(certificate, CERT_FRIENDLY_NAME_PROP_ID);
        printf("\n");
    }
    return 0;
}

static int copy(HCERTSTORE store, const char *out, const char *name)
{
    PCCERT_CONTEXT certificate = NULL;
    WCHAR wide[256];
    DWORD units = MultiByteToWideChar(CP_ACP, 0, name, -1, wide, 256);
    CRYPT_DATA_BLOB blob = { units * sizeof(WCHAR), (BYTE *)wide };
    while ((certificate = CertEnumCertificatesInStore(store, certificate)))
        if (!CertSetCertificateContextProperty(certificate, CERT_FRIENDLY_NAME_PROP_ID, 0, &blob))
            return failed("friendly name");
    if (!CertSaveStore(store, X509_ASN_ENCODING | PKCS_7_ASN_ENCODING, CERT_STORE_SAVE_AS_STORE,
                       CERT_STORE_SAVE_TO_FILENAME_A, (void *)out, 0))
        return failed("CertSaveStore");
    return 0;
}

/* The store of one element. */
static HCERTSTORE open_element(const CRYPT_DATA_BLOB *blob)
{
    HCERTSTORE store = CertOpenStore(CERT_STORE_PROV_MEMORY, 0, 0, 0, NULL);
    if (store && !CertAddSerializedElementToStore(store, blob->pbData, blob->cbData, CERT_STORE_ADD_NEW, 0,
                                                  CERT_STORE_CERTIFICATE_CONTEXT_FLAG, NULL, NULL))
        return NULL;
    return store;
}

int main(int argc, char **argv)
{
    static BYTE data[8 << 20];
    CRYPT_DATA_BLOB blob = { 0, data };
    HCERTSTORE store;
    FILE *file;
    if (argc < 3)
        return 2;
    if (!(file = fopen(argv[2], "rb")))
        return failed(argv[2]);
    blob.cbData = (DWORD)fread(data, 1, sizeof data, file);
    fclose(file);
    /* CERT_STORE_PROV_FILENAME takes PKCS #7 and single certificates too, so the serialized store is asked for by its name. */
    if (strcmp(argv[1], "element"))
        store = CertOpenStore(CERT_STORE_PROV_SERIALIZED, X509_ASN_ENCODING, 0, 0, &blob);
    else
        store = open_element(&blob);
    if (!store)
        return failed("no store");
    if (!strcmp(argv[1], "copy"))
        return argc > 4 ? copy(store, argv[3], argv[4]) : 2;
    return list(store);
}
