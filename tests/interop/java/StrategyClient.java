import java.io.BufferedReader;
import java.io.FileInputStream;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.KeyStore;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

/**
 * Connects, for each line of its input, to a server on loopback and trusts what a key store says: STORE, PASSWORD, HOST, PORT.
 *
 * They are separated by tabs. HOST is what the certificate must be for. Answers each line with "trusted" or "refused" at once,
 * so that the server may change between two lines.
 */
public final class StrategyClient {
    private StrategyClient() {
    }

    public static void main(String[] arguments) throws Exception {
        BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = input.readLine(); line != null; line = input.readLine()) {
            String[] parts = line.split("\t");
            System.out.println(accepts(parts[0], parts[1], parts[2], Integer.parseInt(parts[3])) ? "trusted" : "refused");
            System.out.flush();
        }
    }

    private static boolean accepts(String path, String password, String host, int port) throws Exception {
        KeyStore store = KeyStore.getInstance("JKS");
        try (InputStream input = new FileInputStream(path)) {
            store.load(input, password.toCharArray());
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(store);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        try (Socket connection = new Socket(InetAddress.getByName("127.0.0.1"), port);
            SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket(connection, host, port, true)) {
            SSLParameters parameters = socket.getSSLParameters();
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
            socket.setSSLParameters(parameters);
            socket.startHandshake();
            return true;
        } catch (SSLException refused) {
            return false;
        }
    }
}
