import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.security.KeyStore;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXBuilderParameters;
import java.security.cert.X509CertSelector;
import java.security.cert.X509Certificate;
import java.util.Date;
import javax.net.ssl.CertPathTrustManagerParameters;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSession;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * What this runtime's trust manager says of chains, with the date set, revocation off and the host's name checked.
 *
 * In: the number of questions and for each the time in milliseconds, the name (empty: none), the anchors and the chain, each a count and
 * for each certificate a length and its bytes. Out: a line each, "trusted", or the exceptions from the outermost to the cause,
 * "Class: message", with tabs between. With an argument: how many times the first question is answered in that many milliseconds.
 */
public final class Verdicts {
    public static void main(String[] arguments) throws Exception {
        DataInputStream input = new DataInputStream(System.in);
        PrintStream output = new PrintStream(System.out, false, "UTF-8");
        int count = input.readInt();
        for (int number = 0; number < count; number++) {
            Date date = new Date(input.readLong());
            String name = input.readUTF();
            byte[][] anchors = read(input);
            byte[][] chain = read(input);
            if (arguments.length > 0) {
                output.println(rate(Long.parseLong(arguments[0]), date, name, anchors, chain));
                break;
            }
            output.println(answer(date, name, anchors, chain));
        }
        output.flush();
    }

    private static byte[][] read(DataInputStream input) throws IOException {
        byte[][] found = new byte[input.readInt()][];
        for (int number = 0; number < found.length; number++) {
            found[number] = new byte[input.readInt()];
            input.readFully(found[number]);
        }
        return found;
    }

    private static String answer(Date date, String name, byte[][] anchors, byte[][] chain) {
        try {
            X509ExtendedTrustManager trust;
            try {
                trust = trustManager(date, anchors);
            } catch (Exception error) {
                return "store\t" + told(error);
            }
            X509Certificate[] sent;
            try {
                sent = certificates(chain);
            } catch (CertificateException error) {
                return "chain\t" + told(error);
            }
            trust.checkServerTrusted(sent, "UNKNOWN", new Shown(name));
            return "trusted";
        } catch (Throwable error) {
            return told(error);
        }
    }

    private static long rate(long milliseconds, Date date, String name, byte[][] anchors, byte[][] chain) throws Exception {
        X509ExtendedTrustManager trust = trustManager(date, anchors);
        X509Certificate[] sent = certificates(chain);
        long answers = 0;
        for (int turn = 0; turn < 2; turn++) { // The first warms the compiler up.
            answers = 0;
            long end = System.nanoTime() + milliseconds * 1_000_000;
            while (System.nanoTime() < end) {
                trust.checkServerTrusted(sent, "UNKNOWN", new Shown(name));
                answers++;
            }
        }
        return answers * 1000 / milliseconds;
    }

    private static String told(Throwable error) {
        StringBuilder text = new StringBuilder();
        for (Throwable each = error; each != null && text.length() < 4000; each = each.getCause()) {
            text.append(text.length() == 0 ? "" : "\t").append(each.getClass().getSimpleName()).append(": ")
                .append(String.valueOf(each.getMessage()).replaceAll("\\s+", " "));
        }
        return text.toString();
    }

    private static X509Certificate[] certificates(byte[][] encoded) throws CertificateException {
        CertificateFactory factory = CertificateFactory.getInstance("X.509");
        X509Certificate[] found = new X509Certificate[encoded.length];
        for (int number = 0; number < encoded.length; number++) {
            found[number] = (X509Certificate) factory.generateCertificate(new ByteArrayInputStream(encoded[number]));
        }
        return found;
    }

    private static X509ExtendedTrustManager trustManager(Date date, byte[][] anchors) throws Exception {
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        X509Certificate[] trusted = certificates(anchors);
        for (int number = 0; number < trusted.length; number++) {
            store.setCertificateEntry("a" + number, trusted[number]);
        }
        PKIXBuilderParameters parameters = new PKIXBuilderParameters(store, new X509CertSelector());
        parameters.setRevocationEnabled(false);
        parameters.setDate(date);
        TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
        factory.init(new CertPathTrustManagerParameters(parameters));
        return (X509ExtendedTrustManager) factory.getTrustManagers()[0];
    }

    /** As much of an engine in its handshake as a trust manager looks at. */
    private static final class Shown extends SSLEngine {
        private final String name;
        private final SSLSession session;

        Shown(String name) {
            this.name = name;
            session = (SSLSession) Proxy.newProxyInstance(SSLSession.class.getClassLoader(), new Class<?>[] {SSLSession.class},
                (proxy, method, values) -> {
                    switch (method.getName()) {
                        case "getPeerHost":
                            return name;
                        case "getProtocol":
                            return "TLSv1.3";
                        default:
                            throw new UnsupportedOperationException(method.getName());
                    }
                });
        }

        @Override public SSLSession getHandshakeSession() { return session; }
        @Override public SSLSession getSession() { return session; }
        @Override public SSLParameters getSSLParameters() {
            SSLParameters parameters = new SSLParameters();
            if (!name.isEmpty()) {
                parameters.setEndpointIdentificationAlgorithm("HTTPS");
            }
            return parameters;
        }
        @Override public SSLEngineResult wrap(ByteBuffer[] from, int offset, int length, ByteBuffer to) { throw none(); }
        @Override public SSLEngineResult unwrap(ByteBuffer from, ByteBuffer[] to, int offset, int length) { throw none(); }
        @Override public Runnable getDelegatedTask() { return null; }
        @Override public void closeInbound() { }
        @Override public boolean isInboundDone() { return true; }
        @Override public void closeOutbound() { }
        @Override public boolean isOutboundDone() { return true; }
        @Override public String[] getSupportedCipherSuites() { throw none(); }
        @Override public String[] getEnabledCipherSuites() { throw none(); }
        @Override public void setEnabledCipherSuites(String[] suites) { throw none(); }
        @Override public String[] getSupportedProtocols() { throw none(); }
        @Override public String[] getEnabledProtocols() { throw none(); }
        @Override public void setEnabledProtocols(String[] protocols) { throw none(); }
        @Override public void beginHandshake() { throw none(); }
        @Override public SSLEngineResult.HandshakeStatus getHandshakeStatus() { return SSLEngineResult.HandshakeStatus.NEED_TASK; }
        @Override public void setUseClientMode(boolean mode) { throw none(); }
        @Override public boolean getUseClientMode() { return true; }
        @Override public void setNeedClientAuth(boolean need) { throw none(); }
        @Override public boolean getNeedClientAuth() { return false; }
        @Override public void setWantClientAuth(boolean want) { throw none(); }
        @Override public boolean getWantClientAuth() { return false; }
        @Override public void setEnableSessionCreation(boolean flag) { throw none(); }
        @Override public boolean getEnableSessionCreation() { return true; }

        private static UnsupportedOperationException none() {
            return new UnsupportedOperationException();
        }
    }
}
