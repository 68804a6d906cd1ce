import java.io.FileInputStream;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.security.KeyStore;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

/**
 * Connects to a server on loopback and trusts what a key store says: TYPE STORE PASSWORD HOST PORT.
 *
 * HOST is what the certificate must be for. Prints "trusted" with the version spoken, or "refused" with what Java says.
 */
public final class TlsClient {
    private TlsClient() {
    }

    public static void main(String[] arguments) throws Exception {
        KeyStore store = KeyStore.getInstance(arguments[0]);
        try (InputStream input = new FileInputStream(arguments[1])) {
            store.load(input, arguments[2].toCharArray());
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(store);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        int port = Integer.parseInt(arguments[4]);
        try (Socket connection = new Socket(InetAddress.getByName("127.0.0.1"), port);
            SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket(connection, arguments[3], port, true)) {
            SSLParameters parameters = socket.getSSLParameters();
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
            socket.setSSLParameters(parameters);
            socket.startHandshake();
            System.out.println("trusted " + socket.getSession().getProtocol());
        } catch (SSLException refused) {
            System.out.println("refused " + refused.getMessage());
        }
    }
}
