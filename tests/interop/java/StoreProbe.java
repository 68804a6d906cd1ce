import java.io.FileInputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.security.Key;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.Certificate;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeSet;
import javax.crypto.Cipher;
import javax.crypto.Mac;
import javax.crypto.SecretKey;

/**
 * Opens a key store and uses every key in it: TYPE STORE PASSWORD [ALIAS=KEY-PASSWORD ...].
 *
 * Prints a line for each alias, sorted, its parts separated by tabs: alias, date in milliseconds, and
 * - trusted, SHA-256 of the certificate;
 * - private, algorithm, number of certificates, SHA-256 of the first: the key has signed what that certificate verified;
 * - secret, algorithm, SHA-256 of the key: it has encrypted or authenticated something, or is a password.
 */
public final class StoreProbe {
    private static final byte[] TEXT = "what is signed and encrypted".getBytes(StandardCharsets.UTF_8);

    private StoreProbe() {
    }

    public static void main(String[] arguments) throws Exception {
        KeyStore store = KeyStore.getInstance(arguments[0]);
        try (InputStream input = new FileInputStream(arguments[1])) {
            store.load(input, arguments[2].toCharArray());
        }
        Map<String, char[]> passwords = new HashMap<>();
        for (int number = 3; number < arguments.length; number++) {
            String[] pair = arguments[number].split("=", 2);
            passwords.put(pair[0], pair[1].toCharArray());
        }
        PrintStream output = new PrintStream(System.out, true, "UTF-8");
        for (String alias : new TreeSet<>(Collections.list(store.aliases()))) {
            char[] password = passwords.getOrDefault(alias, arguments[2].toCharArray());
            output.println(alias + "\t" + store.getCreationDate(alias).getTime() + "\t" + used(store, alias, password));
        }
    }

    private static String used(KeyStore store, String alias, char[] password) throws Exception {
        if (store.isCertificateEntry(alias)) {
            return "trusted\t" + sha256(store.getCertificate(alias).getEncoded());
        }
        Key key = store.getKey(alias, password);
        if (key instanceof PrivateKey) {
            Certificate[] chain = store.getCertificateChain(alias);
            sign((PrivateKey) key, chain[0]);
            return "private\t" + key.getAlgorithm() + "\t" + chain.length + "\t" + sha256(chain[0].getEncoded());
        }
        use((SecretKey) key);
        return "secret\t" + key.getAlgorithm() + "\t" + sha256(key.getEncoded());
    }

    private static void sign(PrivateKey key, Certificate certificate) throws Exception {
        Signature signature = Signature.getInstance("SHA256with" + (key.getAlgorithm().equals("EC") ? "ECDSA" : key.getAlgorithm()));
        signature.initSign(key);
        signature.update(TEXT);
        byte[] signed = signature.sign();
        signature.initVerify(certificate);
        signature.update(TEXT);
        if (!signature.verify(signed)) {
            throw new IllegalStateException("the key is not that of its certificate");
        }
    }

    private static void use(SecretKey key) throws Exception {
        String algorithm = key.getAlgorithm();
        if (algorithm.startsWith("Hmac")) {
            Mac mac = Mac.getInstance(algorithm);
            mac.init(key);
            mac.doFinal(TEXT);
        } else if (!algorithm.startsWith("PBE")) {
            Cipher cipher = Cipher.getInstance(algorithm);
            cipher.init(Cipher.ENCRYPT_MODE, key);
            cipher.doFinal(TEXT);
        }
    }

    private static String sha256(byte[] data) throws Exception {
        StringBuilder hex = new StringBuilder();
        for (byte octet : MessageDigest.getInstance("SHA-256").digest(data)) {
            hex.append(String.format("%02x", octet));
        }
        return hex.toString();
    }
}
