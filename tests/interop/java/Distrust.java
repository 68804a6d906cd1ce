import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.lang.reflect.Field;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.math.BigInteger;
import java.security.Principal;
import java.security.PublicKey;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Date;
import java.util.Set;

/**
 * Which roots this runtime distrusts by policy, and from which day of a leaf's notBefore on.
 *
 * In: the number of roots, for each a length and its bytes. Out: for each that a policy refuses a line: its number, the policy, and the
 * first day of a leaf that is refused. Needs --add-opens java.base/sun.security.validator=ALL-UNNAMED.
 */
public final class Distrust {
    public static void main(String[] arguments) throws Exception {
        DataInputStream input = new DataInputStream(System.in);
        CertificateFactory factory = CertificateFactory.getInstance("X.509");
        Class<?> kind = Class.forName("sun.security.validator.CADistrustPolicy");
        Field switched = kind.getDeclaredField("POLICIES");
        switched.setAccessible(true);
        Method check = kind.getDeclaredMethod("checkDistrust", String.class, X509Certificate[].class);
        check.setAccessible(true);
        int count = input.readInt();
        for (int number = 0; number < count; number++) {
            byte[] der = new byte[input.readInt()];
            input.readFully(der);
            X509Certificate root = (X509Certificate) factory.generateCertificate(new ByteArrayInputStream(der));
            for (Object policy : (Iterable<?>) switched.get(null)) {
                long first = LocalDate.of(2000, 1, 1).toEpochDay();
                long last = LocalDate.of(2040, 1, 1).toEpochDay();
                if (!refuses(check, policy, root, last)) {
                    continue;
                }
                while (first < last) {
                    long middle = Math.floorDiv(first + last, 2L);
                    if (refuses(check, policy, root, middle)) {
                        last = middle;
                    } else {
                        first = middle + 1;
                    }
                }
                System.out.println(number + "\t" + policy + "\t" + LocalDate.ofEpochDay(first));
            }
        }
    }

    private static boolean refuses(Method check, Object policy, X509Certificate root, long day) throws Exception {
        Date begin = Date.from(LocalDate.ofEpochDay(day).atStartOfDay(ZoneOffset.UTC).toInstant());
        try {
            check.invoke(policy, "tls server", new X509Certificate[] {new Leaf(begin), root});
            return false;
        } catch (InvocationTargetException error) {
            return true;
        }
    }

    /** A certificate of which the policies look at the first day alone. */
    private static final class Leaf extends X509Certificate {
        private final Date begin;

        Leaf(Date begin) {
            this.begin = begin;
        }

        @Override public Date getNotBefore() { return begin; }
        @Override public Date getNotAfter() { return begin; }
        @Override public void checkValidity() { }
        @Override public void checkValidity(Date date) { }
        @Override public int getVersion() { return 3; }
        @Override public BigInteger getSerialNumber() { return BigInteger.ONE; }
        @Override public Principal getIssuerDN() { return null; }
        @Override public Principal getSubjectDN() { return null; }
        @Override public byte[] getTBSCertificate() { return new byte[0]; }
        @Override public byte[] getSignature() { return new byte[0]; }
        @Override public String getSigAlgName() { return ""; }
        @Override public String getSigAlgOID() { return ""; }
        @Override public byte[] getSigAlgParams() { return null; }
        @Override public boolean[] getIssuerUniqueID() { return null; }
        @Override public boolean[] getSubjectUniqueID() { return null; }
        @Override public boolean[] getKeyUsage() { return null; }
        @Override public int getBasicConstraints() { return -1; }
        @Override public byte[] getEncoded() { return new byte[0]; }
        @Override public void verify(PublicKey key) { }
        @Override public void verify(PublicKey key, String provider) { }
        @Override public String toString() { return "leaf"; }
        @Override public PublicKey getPublicKey() { return null; }
        @Override public boolean hasUnsupportedCriticalExtension() { return false; }
        @Override public Set<String> getCriticalExtensionOIDs() { return null; }
        @Override public Set<String> getNonCriticalExtensionOIDs() { return null; }
        @Override public byte[] getExtensionValue(String dotted) { return null; }
    }
}
