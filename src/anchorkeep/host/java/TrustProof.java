import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.reflect.Proxy;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.Timer;
import java.util.TimerTask;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * Opens a store as this Java does and says whether it trusts services by it.
 *
 * Everything comes over stdin: texts and octets as a length of four octets and that many octets, a length of -1 for none.
 * First the store's type, its password, its octets, and the milliseconds for each connection. Then the number of questions,
 * and of each the address and port to connect to, the name that the certificate must be for, and the number of certificates,
 * each of which follows: none where a connection is to be made, else the chain to judge instead of one.
 *
 * A line of stdout for each question: "trusted", "refused" or "unknown", a tab, and what Java says. Nothing is sent over a
 * connection but a handshake. Whatever a server says after it accepted ours is no part of the answer.
 */
public final class TrustProof {
    private static final int LONGEST = 300;

    private TrustProof() {
    }

    public static void main(String[] arguments) throws IOException {
        PrintStream output = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        DataInputStream input = new DataInputStream(System.in);
        String type = text(input);
        String password = text(input);
        byte[] data = octets(input);
        int milliseconds = input.readInt();
        X509ExtendedTrustManager trust = null;
        String obstacle = "";
        try {
            trust = trustManager(type, password, data);
        } catch (IOException | GeneralSecurityException | RuntimeException | StackOverflowError | OutOfMemoryError refused) {
            obstacle = "the store cannot be opened: " + said(refused);
        }
        for (int left = input.readInt(); left > 0; left--) {
            String address = text(input);
            int port = input.readInt();
            String name = text(input);
            byte[][] chain = new byte[input.readInt()][];
            for (int index = 0; index < chain.length; index++) {
                chain[index] = octets(input);
            }
            if (trust == null) {
                answer(output, "refused", obstacle);
                continue;
            }
            try {
                if (chain.length == 0) {
                    InetSocketAddress service = new InetSocketAddress(InetAddress.getByName(address), port);
                    connect(output, new Witness(trust), service, name, milliseconds);
                } else {
                    judge(output, trust, chain, name);
                }
            } catch (IOException | StackOverflowError | OutOfMemoryError | LinkageError failed) {
                // One service whose certificates are too much for Java is no reason to leave the others unasked.
                answer(output, "unknown", said(failed));
            }
        }
    }

    private static X509ExtendedTrustManager trustManager(String type, String password, byte[] data)
            throws IOException, GeneralSecurityException {
        KeyStore store = KeyStore.getInstance(type);
        store.load(new ByteArrayInputStream(data), password == null ? null : password.toCharArray());
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(store);
        for (TrustManager manager : factory.getTrustManagers()) {
            if (manager instanceof X509ExtendedTrustManager) {
                return (X509ExtendedTrustManager) manager;
            }
        }
        throw new GeneralSecurityException("no trust manager for X.509");
    }

    private static void connect(PrintStream output, Witness witness, InetSocketAddress address, String name, int milliseconds) {
        String broken = "";
        Timer watch = new Timer(true);
        try (Socket connection = new Socket(java.net.Proxy.NO_PROXY)) {
            connection.connect(address, milliseconds);
            // A time limit for each octet is none: who sends one now and then would hold up what is asked of all the others.
            watch.schedule(new TimerTask() {
                @Override
                public void run() {
                    try {
                        connection.close();
                    } catch (IOException lost) {
                        // It is gone, which is what is wanted.
                    }
                }
            }, milliseconds);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, new TrustManager[] {witness}, null);
            try (SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket(connection, name, address.getPort(), true)) {
                socket.setSSLParameters(https(socket.getSSLParameters()));
                socket.startHandshake();
            }
        } catch (IOException | GeneralSecurityException | RuntimeException failed) {
            broken = said(failed);
        } finally {
            watch.cancel();
        }
        if (witness.refusal != null) {
            answer(output, "refused", said(witness.refusal));
        } else if (witness.hasAccepted) {
            answer(output, "trusted", broken);
        } else {
            answer(output, "unknown", broken);
        }
    }

    private static void judge(PrintStream output, X509ExtendedTrustManager trust, byte[][] encoded, String name) {
        try {
            CertificateFactory factory = CertificateFactory.getInstance("X.509");
            X509Certificate[] chain = new X509Certificate[encoded.length];
            for (int index = 0; index < chain.length; index++) {
                chain[index] = (X509Certificate) factory.generateCertificate(new ByteArrayInputStream(encoded[index]));
            }
            // "UNKNOWN" is what TLS 1.3 has for the kind of key exchange.
            trust.checkServerTrusted(chain, "UNKNOWN", new Shown(name));
            answer(output, "trusted", "");
        } catch (CertificateException | RuntimeException refused) {
            answer(output, "refused", said(refused));
        }
    }

    private static SSLParameters https(SSLParameters parameters) {
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        return parameters;
    }

    /** What went wrong, and where it says nothing of it, what that came from. */
    private static String said(Throwable problem) {
        String said = problem.getMessage() == null ? problem.getClass().getSimpleName() : problem.getMessage();
        Throwable first = problem;
        while (first.getCause() != null && first.getCause() != first) {
            first = first.getCause();
        }
        return first.getMessage() == null || said.contains(first.getMessage()) ? said : said + ": " + first.getMessage();
    }

    private static void answer(PrintStream output, String verdict, String reason) {
        String line = reason.length() > LONGEST ? reason.substring(0, LONGEST) : reason;
        output.print(verdict + "\t" + line.replaceAll("\\p{Cntrl}+", " ") + "\n");
    }

    private static String text(DataInputStream input) throws IOException {
        byte[] data = octets(input);
        return data == null ? null : new String(data, StandardCharsets.UTF_8);
    }

    private static byte[] octets(DataInputStream input) throws IOException {
        int length = input.readInt();
        if (length < 0) {
            return null;
        }
        byte[] data = new byte[length];
        input.readFully(data);
        return data;
    }

    /** The runtime's own trust manager, and what it said. */
    private static final class Witness extends X509ExtendedTrustManager {
        private final X509ExtendedTrustManager trust;
        private boolean hasAccepted;
        private Exception refusal;

        Witness(X509ExtendedTrustManager trust) {
            this.trust = trust;
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) throws CertificateException {
            try {
                trust.checkServerTrusted(chain, type, socket);
                hasAccepted = true;
            } catch (CertificateException | RuntimeException refused) {
                refusal = refused;
                throw refused;
            }
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) throws CertificateException {
            throw new CertificateException("not asked for");
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) throws CertificateException {
            throw new CertificateException("not asked for");
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) throws CertificateException {
            throw new CertificateException("not asked for");
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) throws CertificateException {
            throw new CertificateException("not asked for");
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) throws CertificateException {
            throw new CertificateException("not asked for");
        }

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return trust.getAcceptedIssuers();
        }
    }

    /** A handshake that somebody else made: all a trust manager asks of it is the name and the parameters. */
    private static final class Shown extends SSLEngine {
        private final SSLSession session;

        Shown(String name) {
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

        @Override
        public SSLSession getHandshakeSession() {
            return session;
        }

        @Override
        public SSLParameters getSSLParameters() {
            return https(new SSLParameters());
        }

        @Override
        public SSLSession getSession() {
            return session;
        }

        @Override
        public SSLEngineResult wrap(ByteBuffer[] sources, int offset, int length, ByteBuffer target) {
            throw new UnsupportedOperationException();
        }

        @Override
        public SSLEngineResult unwrap(ByteBuffer source, ByteBuffer[] targets, int offset, int length) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Runnable getDelegatedTask() {
            return null;
        }

        @Override
        public void closeInbound() {
        }

        @Override
        public boolean isInboundDone() {
            return true;
        }

        @Override
        public void closeOutbound() {
        }

        @Override
        public boolean isOutboundDone() {
            return true;
        }

        @Override
        public String[] getSupportedCipherSuites() {
            return new String[0];
        }

        @Override
        public String[] getEnabledCipherSuites() {
            return new String[0];
        }

        @Override
        public void setEnabledCipherSuites(String[] suites) {
        }

        @Override
        public String[] getSupportedProtocols() {
            return new String[0];
        }

        @Override
        public String[] getEnabledProtocols() {
            return new String[0];
        }

        @Override
        public void setEnabledProtocols(String[] protocols) {
        }

        @Override
        public void beginHandshake() {
        }

        @Override
        public HandshakeStatus getHandshakeStatus() {
            return HandshakeStatus.NOT_HANDSHAKING;
        }

        @Override
        public void setUseClientMode(boolean mode) {
        }

        @Override
        public boolean getUseClientMode() {
            return true;
        }

        @Override
        public void setNeedClientAuth(boolean need) {
        }

        @Override
        public boolean getNeedClientAuth() {
            return false;
        }

        @Override
        public void setWantClientAuth(boolean want) {
        }

        @Override
        public boolean getWantClientAuth() {
            return false;
        }

        @Override
        public void setEnableSessionCreation(boolean flag) {
        }

        @Override
        public boolean getEnableSessionCreation() {
            return true;
        }
    }
}
