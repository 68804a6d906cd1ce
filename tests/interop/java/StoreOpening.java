import java.io.File;
import java.io.FileInputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.TreeSet;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;

/**
 * Tells of key stores what this runtime makes of them, a line each: opens or not, how many of its private keys open, and the SHA-256 of
 * each trust anchor, sorted. Arguments: a file with lines of type, password and path, separated by tabs, in UTF-8.
 */
public final class StoreOpening {
    private StoreOpening() {
    }

    public static void main(String[] arguments) throws Exception {
        for (String line : Files.readAllLines(Path.of(arguments[0]), StandardCharsets.UTF_8)) {
            String[] parts = line.split("\t", -1);
            System.out.println(told(parts[0], parts[1].toCharArray(), new File(parts[2])));
        }
    }

    private static String told(String type, char[] password, File file) {
        try {
            KeyStore store = KeyStore.getInstance(type);
            try (InputStream in = new FileInputStream(file)) {
                store.load(in, password);
            }
            return "opens\t" + openKeys(store, password) + "\t" + String.join(",", anchors(store));
        } catch (Exception error) {
            return "fails\t0\t";
        }
    }

    private static int openKeys(KeyStore store, char[] password) throws Exception {
        int found = 0;
        for (String alias : Collections.list(store.aliases())) {
            try {
                found += store.isKeyEntry(alias) && store.getKey(alias, password) != null ? 1 : 0;
            } catch (Exception error) {
                continue; // It is not one of those that open.
            }
        }
        return found;
    }

    private static TreeSet<String> anchors(KeyStore store) throws Exception {
        TreeSet<String> found = new TreeSet<>();
        List<X509Certificate> issuers = new ArrayList<>();
        TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
        factory.init(store);
        for (TrustManager manager : factory.getTrustManagers()) {
            Collections.addAll(issuers, ((X509TrustManager) manager).getAcceptedIssuers());
        }
        for (X509Certificate certificate : issuers) {
            StringBuilder digits = new StringBuilder();
            for (byte octet : MessageDigest.getInstance("SHA-256").digest(certificate.getEncoded())) {
                digits.append(String.format("%02x", octet));
            }
            found.add(digits.toString());
        }
        return found;
    }
}
