package waybill;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/**
 * The conformance protocol of test-vectors/README.md: three lines in, one line out.
 *
 * <p>{@code javac -d OUT waybill/*.java && java -cp OUT waybill.Conformance}
 */
public final class Conformance {
    private Conformance() {}

    public static void main(String[] args) throws IOException {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        for (String kind = in.readLine(); kind != null; kind = in.readLine()) {
            byte[] trusted = fromLine(in.readLine());
            byte[] brought = fromLine(in.readLine());
            System.out.println(verdict(kind, trusted, brought));
            System.out.flush();
        }
    }

    /** The bytes that a line holds in base 64, or null. */
    private static byte[] fromLine(String line) {
        return line.equals("-") ? null : Base64.getDecoder().decode(line);
    }

    private static String verdict(String kind, byte[] trusted, byte[] brought) {
        try {
            judge(kind, trusted, WaybillFile.read(brought));
            return "accept";
        } catch (WaybillException e) {
            return e.code();
        }
    }

    /** test-vectors/README.md: "An implementation does this". */
    private static void judge(String kind, byte[] trusted, WaybillFile file) throws WaybillException {
        switch (kind) {
            case "activation-request", "refresh-request", "deactivation-request" -> Request.verify(file);
            case "license", "deactivation-receipt", "refusal" -> pin(trusted).verifyAnswer(file);
            case "support-bundle" -> Request.verifySupportBundle(file, trusted);
            case "trust-bundle" -> {
                if (trusted == null) {
                    TrustState.pin(file);
                } else {
                    pin(trusted).take(requireKind(file, kind));
                }
            }
            case "revocation-list", "checkpoint" -> pin(trusted).take(requireKind(file, kind));
            default -> throw new IllegalArgumentException("no kind of the protocol: " + kind);
        }
    }

    private static TrustState pin(byte[] trusted) throws WaybillException {
        return TrustState.pin(WaybillFile.read(trusted));
    }

    private static WaybillFile requireKind(WaybillFile file, String kind) throws WaybillException {
        if (!file.document().kind().token().equals(kind)) {
            throw new WaybillException("wrong-kind");
        }
        return file;
    }
}
