package waybill;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A trust bundle: one payload, and all documents of a file that have it, each with a signature. */
record Bundle(byte[] payload, Fields fields, List<Document> documents) {

    /** The trust bundles among these documents, in their order: those of each payload. */
    static Collection<List<Document>> gather(List<Document> documents) {
        Map<ByteBuffer, List<Document>> byPayload = new LinkedHashMap<>();
        for (Document document : documents) {
            if (document.kind() == Kind.TRUST_BUNDLE) {
                byPayload.computeIfAbsent(ByteBuffer.wrap(document.payload()), key -> new ArrayList<>()).add(document);
            }
        }
        return byPayload.values();
    }

    /** The bundle that these documents of one payload are. FORMAT.md, "Pinning a trust bundle", steps 2 to 4. */
    static Bundle standing(List<Document> documents) throws WaybillException {
        Document first = documents.get(0);
        Bundle bundle = new Bundle(first.payload(), Payload.decode(first), documents);
        for (byte[] root : bundle.roots()) {
            Ed25519.requireFit(root);
        }
        for (Fields key : bundle.fields.maps("keys")) {
            Ed25519.requireFit(key.bytes("public-key"));
        }
        bundle.requireSignatures(bundle);
        return bundle;
    }

    /** Enough root keys of that bundle, which may be this one, signed this one, and those that did did well. */
    void requireSignatures(Bundle rule) throws WaybillException {
        Set<ByteBuffer> signed = new HashSet<>();
        for (Document document : documents) {
            for (byte[] root : rule.roots()) {
                if (!Arrays.equals(document.signer(), Ed25519.thumbprint(root))) {
                    continue;
                }
                if (!document.signatureIsBy(root)) {
                    throw new WaybillException("signature");
                }
                signed.add(ByteBuffer.wrap(root));
            }
        }
        if (signed.size() < rule.fields.number("threshold")) {
            throw new WaybillException("trust-threshold");
        }
    }

    long number() {
        return fields.number("number");
    }

    String vendor() {
        return fields.text("vendor");
    }

    private List<byte[]> roots() {
        return fields.byteStrings("roots");
    }

    /** The entry of the key with that thumbprint, or null. A root key is none of these. */
    Fields key(byte[] thumbprint) {
        for (Fields key : fields.maps("keys")) {
            if (Arrays.equals(thumbprint, Ed25519.thumbprint(key.bytes("public-key")))) {
                return key;
            }
        }
        return null;
    }
}
