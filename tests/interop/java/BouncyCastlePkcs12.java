import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.security.KeyStore;
import java.util.Collections;
import org.bouncycastle.jce.provider.BouncyCastleProvider;

/** Reads a PKCS#12 store with Bouncy Castle and writes its entries as Bouncy Castle does, in BER: SOURCE TARGET PASSWORD. */
public final class BouncyCastlePkcs12 {
    private BouncyCastlePkcs12() {
    }

    public static void main(String[] arguments) throws Exception {
        BouncyCastleProvider provider = new BouncyCastleProvider();
        char[] password = arguments[2].toCharArray();
        KeyStore source = KeyStore.getInstance("PKCS12", provider);
        try (InputStream input = new FileInputStream(arguments[0])) {
            source.load(input, password);
        }
        KeyStore target = KeyStore.getInstance("PKCS12", provider);
        target.load(null, null);
        for (String alias : Collections.list(source.aliases())) {
            if (source.isKeyEntry(alias)) {
                target.setKeyEntry(alias, source.getKey(alias, null), null, source.getCertificateChain(alias));
            } else {
                target.setCertificateEntry(alias, source.getCertificate(alias));
            }
            System.out.println(alias);
        }
        try (OutputStream output = new FileOutputStream(arguments[1])) {
            target.store(output, password);
        }
    }
}
