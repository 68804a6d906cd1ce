import java.io.FileInputStream;
import java.net.InetAddress;
import java.security.KeyStore;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;

/** Presents the chain of a PKCS#12 key store: STORE PASSWORD-FILE PROTOCOL none|want|need. Prints its port, serves until killed. */
public class TlsServer {
    public static void main(String[] arguments) throws Exception {
        char[] password = java.nio.file.Files.readString(java.nio.file.Path.of(arguments[1])).strip().toCharArray();
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (FileInputStream input = new FileInputStream(arguments[0])) {
            store.load(input, password);
        }
        KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
        keys.init(store, password);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), null, null);
        SSLServerSocket server = (SSLServerSocket) context.getServerSocketFactory()
            .createServerSocket(0, 50, InetAddress.getByName("127.0.0.1"));
        server.setEnabledProtocols(new String[] {arguments[2]});
        server.setWantClientAuth(arguments[3].equals("want"));
        if (arguments[3].equals("need")) {
            server.setNeedClientAuth(true);
        }
        System.out.println(server.getLocalPort());
        System.out.flush();
        while (true) {
            try (SSLSocket connection = (SSLSocket) server.accept()) {
                connection.startHandshake();
                connection.getInputStream().read();
            } catch (SSLException | java.net.SocketException refused) {
                System.err.println(refused);
            }
        }
    }
}
