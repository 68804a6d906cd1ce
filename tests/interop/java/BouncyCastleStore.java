import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.Key;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.Provider;
import java.security.Security;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.TreeSet;
import javax.crypto.spec.SecretKeySpec;

/**
 * Fills and lists key stores of Bouncy Castle.
 *
 * <p>write TYPE STORE STOREPASS KEYPASS CHAIN KEY ALGORITHM: the last of the chain as "root" and "Mixed Case", the key with its chain as
 * "server", an AES key as "secret". read TYPE STORE STOREPASS KEYPASS: a line for each alias, sorted, with what its key can do.
 */
public final class BouncyCastleStore {
    private static final byte[] MESSAGE = {1, 2, 3};

    public static void main(String[] arguments) throws Exception {
        Class<?> provider = Class.forName("org.bouncycastle.jce.provider.BouncyCastleProvider");
        Security.addProvider((Provider) provider.getDeclaredConstructor().newInstance());
        KeyStore store = KeyStore.getInstance(arguments[1], "BC");
        Path path = Path.of(arguments[2]);
        char[] password = arguments[3].toCharArray();
        char[] keyPassword = arguments[4].toCharArray();
        if (arguments[0].equals("write")) {
            store.load(null, null);
            Certificate[] chain;
            try (InputStream in = Files.newInputStream(Path.of(arguments[5]))) {
                chain = CertificateFactory.getInstance("X.509").generateCertificates(in).toArray(new Certificate[0]);
            }
            PKCS8EncodedKeySpec key = new PKCS8EncodedKeySpec(Files.readAllBytes(Path.of(arguments[6])));
            store.setCertificateEntry("root", chain[chain.length - 1]);
            store.setCertificateEntry("Mixed Case", chain[chain.length - 1]);
            store.setKeyEntry("server", KeyFactory.getInstance(arguments[7]).generatePrivate(key), keyPassword, chain);
            if (!arguments[1].equals("PKCS12")) {
                store.setKeyEntry("secret", new SecretKeySpec(new byte[32], "AES"), keyPassword, null);
            }
            try (OutputStream out = Files.newOutputStream(path)) {
                store.store(out, password);
            }
            return;
        }
        try (InputStream in = Files.newInputStream(path)) {
            store.load(in, password);
        }
        for (String alias : new TreeSet<>(java.util.Collections.list(store.aliases()))) {
            StringBuilder line = new StringBuilder(alias).append('\t').append(store.getCreationDate(alias).getTime());
            Certificate[] chain = store.getCertificateChain(alias);
            if (store.isCertificateEntry(alias)) {
                line.append("\tcertificate\t").append(fingerprint(store.getCertificate(alias)));
            } else {
                Key key = store.getKey(alias, keyPassword);
                line.append('\t').append(key instanceof PrivateKey ? use((PrivateKey) key, chain[0]) : hex(key.getEncoded()));
                for (int i = 0; chain != null && i < chain.length; i++) {
                    line.append(i == 0 ? "\t" : ",").append(fingerprint(chain[i]));
                }
            }
            System.out.println(line);
        }
    }

    private static String use(PrivateKey key, Certificate certificate) throws Exception {
        String algorithm = key.getAlgorithm().equals("RSA") ? "SHA256withRSA" : "SHA256withECDSA";
        Signature signature = Signature.getInstance(algorithm);
        signature.initSign(key);
        signature.update(MESSAGE);
        byte[] signed = signature.sign();
        signature.initVerify(certificate.getPublicKey());
        signature.update(MESSAGE);
        return signature.verify(signed) ? "signs" : "wrong signature";
    }

    private static String fingerprint(Certificate certificate) throws Exception {
        return hex(MessageDigest.getInstance("SHA-256").digest(certificate.getEncoded()));
    }

    private static String hex(byte[] octets) {
        StringBuilder text = new StringBuilder();
        for (byte octet : octets) {
            text.append(String.format("%02x", octet));
        }
        return text.toString();
    }
}
