package waybill;

import static waybill.Shape.bytes;
import static waybill.Shape.list;
import static waybill.Shape.map;
import static waybill.Shape.required;

import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** An inclusion proof (RFC 9162): that a document is the leaf {@code index} of a log of {@code size} leaves. */
public record Proof(List<byte[]> path, long size, long index) {
    private static final Shape SHAPE = map(
            required("path", list(0, 53, bytes(Hash.LENGTH))),
            required("size", Shape.NUMBER),
            required("index", Shape.NUMBER));

    private static final byte[] LEAF = {0};
    private static final byte[] NODE = {1};

    /** FORMAT.md, "The file": the field {@code proof}. */
    static Proof of(Object item) throws WaybillException {
        if (SHAPE.fit(item) != Shape.Fit.GOOD) {
            throw new WaybillException("container-proof");
        }
        Fields fields = Fields.of((Map<?, ?>) item);
        Proof proof = new Proof(fields.byteStrings("path"), fields.number("size"), fields.number("index"));
        if (proof.index >= proof.size) {
            throw new WaybillException("container-proof");
        }
        return proof;
    }

    /** Whether the path leads from the document to the root. RFC 9162, section 2.1.3.2. */
    boolean leads(Document document, byte[] root) {
        long fn = index;
        long sn = size - 1;
        byte[] r = Hash.sha256(LEAF, document.digest());
        for (byte[] p : path) {
            if (sn == 0) {
                return false;
            }
            if ((fn & 1) == 1 || fn == sn) {
                r = Hash.sha256(NODE, p, r);
                while ((fn & 1) == 0 && fn != 0) {
                    fn >>= 1;
                    sn >>= 1;
                }
            } else {
                r = Hash.sha256(NODE, r, p);
            }
            fn >>= 1;
            sn >>= 1;
        }
        return sn == 0 && Arrays.equals(r, root);
    }
}
