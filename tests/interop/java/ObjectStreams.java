import java.io.ByteArrayOutputStream;
import java.io.Externalizable;
import java.io.IOException;
import java.io.ObjectInput;
import java.io.ObjectOutput;
import java.io.ObjectOutputStream;
import java.io.Serializable;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Date;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import javax.crypto.Cipher;
import javax.crypto.SealedObject;
import javax.crypto.spec.SecretKeySpec;

/** Prints serialized objects of many kinds, a line each: a name and the stream in base64, separated by a tab. */
public final class ObjectStreams {
    private ObjectStreams() {
    }

    /** Writes what it likes, and more than its fields. */
    static class Talkative implements Serializable {
        private static final long serialVersionUID = 1;
        private int number = 7;
        private final String text = "text";
        private final byte[] octets = {0x78, 0x70, 0x73};

        private void writeObject(ObjectOutputStream output) throws IOException {
            output.defaultWriteObject();
            output.write(new byte[2000]);
            output.writeObject(Arrays.asList("x", "y"));
            output.writeUTF("behind");
        }
    }

    static final class Below extends Talkative {
        private static final long serialVersionUID = 2;
        private final long[] numbers = {1, 2, 3};
        private final Talkative other = new Talkative();
        private final double real = 1.5;
        private final boolean flag = true;
        private final char letter = 'x';
    }

    /** Delimits itself. */
    public static final class Outside implements Externalizable {
        private static final long serialVersionUID = 3;

        @Override
        public void writeExternal(ObjectOutput output) throws IOException {
            output.writeInt(0x78787878);
            output.writeObject(new Date(0));
            output.write(new byte[300]);
        }

        @Override
        public void readExternal(ObjectInput input) {
        }
    }

    enum Plain { ONE, TWO }

    enum Rich {
        ONE {
            @Override
            public String toString() {
                return "one";
            }
        }
    }

    static final class Handler implements InvocationHandler, Serializable {
        private static final long serialVersionUID = 4;

        @Override
        public Object invoke(Object proxy, java.lang.reflect.Method method, Object[] arguments) {
            return null;
        }
    }

    public static void main(String[] arguments) throws Exception {
        Map<String, Object> samples = new LinkedHashMap<>();
        Cipher cipher = Cipher.getInstance("AES");
        cipher.init(Cipher.ENCRYPT_MODE, new SecretKeySpec(new byte[16], "AES"));
        samples.put("sealed", new SealedObject("text", cipher));
        samples.put("key", new SecretKeySpec(new byte[16], "AES"));
        samples.put("date", new Date(0));
        samples.put("big-integer", BigInteger.TEN.pow(100));
        samples.put("talkative", new Talkative());
        samples.put("below", new Below());
        samples.put("outside", new Outside());
        samples.put("exception", new IllegalStateException("why", new IOException("cause")));
        samples.put("maps", new HashMap<>(Map.of("a", new TreeMap<>(Map.of(1, 2L)), "b", new EnumMap<>(Map.of(Plain.ONE, 'c')))));
        samples.put("proxy", Proxy.newProxyInstance(
            ObjectStreams.class.getClassLoader(), new Class<?>[] {Runnable.class, Comparable.class}, new Handler()));
        List<Object> all = new ArrayList<>();
        all.addAll(Arrays.asList(null, "x".repeat(70_000), "w\u00f6rd\0\ud83d\udd11", Plain.TWO, Plain.ONE, Rich.ONE, TimeUnit.DAYS));
        all.addAll(Arrays.asList(int.class, String[].class, Plain.class, Runnable.class));
        all.addAll(Arrays.asList(new int[2][3], new Object[] {null, "x", new byte[3]}, new boolean[3], new char[2], new float[1]));
        all.addAll(Arrays.asList(new short[2], new double[2], new Object[0], new Outside(), new Below()));
        all.add(all);
        samples.put("all", all);
        for (Map.Entry<String, Object> sample : samples.entrySet()) {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            try (ObjectOutputStream output = new ObjectOutputStream(bytes)) {
                output.writeObject(sample.getValue());
            }
            System.out.println(sample.getKey() + "\t" + Base64.getEncoder().encodeToString(bytes.toByteArray()));
        }
    }
}
