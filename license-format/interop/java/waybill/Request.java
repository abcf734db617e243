package waybill;

import java.util.Arrays;

/** FORMAT.md, "Verifying a request", which needs no trust state, and support bundles. */
public final class Request {
    private Request() {}

    /** The request's payload, once it is known to be signed by the key that it carries. */
    public static Fields verify(WaybillFile file) throws WaybillException {
        Document document = file.document();
        if (!document.kind().isRequest()) { // 1
            throw new WaybillException("wrong-kind");
        }
        Fields request = Payload.decode(document); // 2
        byte[] key = request.map("installation").bytes("public-key");
        Ed25519.requireFit(key); // 3
        requireSigner(document, key); // 4, 5
        return request;
    }

    /** The support bundle's payload, once it is known to be signed by the installation that is enrolled. */
    public static Fields verifySupportBundle(WaybillFile file, byte[] enrolled) throws WaybillException {
        Document document = file.document();
        if (document.kind() != Kind.SUPPORT_BUNDLE) { // 1
            throw new WaybillException("wrong-kind");
        }
        Fields bundle = Payload.decode(document); // 2
        Ed25519.requireFit(enrolled); // 3
        if (!Arrays.equals(bundle.map("installation").bytes("thumbprint"), Ed25519.thumbprint(enrolled))) { // 4
            throw new WaybillException("key-mismatch");
        }
        requireSigner(document, enrolled); // 4, 5
        return bundle;
    }

    /** The document names that key, which is fit, and is signed by it. */
    private static void requireSigner(Document document, byte[] key) throws WaybillException {
        if (!Arrays.equals(document.signer(), Ed25519.thumbprint(key))) { // 4
            throw new WaybillException("key-mismatch");
        }
        if (!document.signatureIsBy(key)) { // 5
            throw new WaybillException("signature");
        }
    }
}
