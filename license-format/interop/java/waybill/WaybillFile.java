package waybill;

import java.util.ArrayList;
import java.util.List;

/**
 * FORMAT.md, "The file": what it is about and what travels along, all of it unverified.
 *
 * @param document what the file is about
 * @param along the documents that travel along, empty where there are none
 * @param proof that the document is in the vendor's log, or null
 */
public record WaybillFile(Document document, List<Document> along, Proof proof) {
    private static final byte[] START = {(byte) 0xd9, (byte) 0xd9, (byte) 0xf7};
    private static final int SELF_DESCRIBED = 55799;
    private static final int MAX_FILE = 256 * 1024;
    private static final int MAX_ALONG = 23;

    /** Reads what a person brought: the file itself, or one of its spellings as text. */
    public static WaybillFile read(byte[] brought) throws WaybillException {
        if (brought.length == 0) {
            throw new WaybillException("empty");
        }
        return beginsAsFile(brought) ? readBinary(brought) : Text.read(brought);
    }

    static boolean beginsAsFile(byte[] bytes) {
        return bytes.length >= 3 && bytes[0] == START[0] && bytes[1] == START[1] && bytes[2] == START[2];
    }

    static WaybillFile readBinary(byte[] bytes) throws WaybillException {
        if (bytes.length > MAX_FILE) {
            throw new WaybillException("too-large");
        }
        if (!beginsAsFile(bytes)) {
            throw new WaybillException("not-waybill");
        }
        Cbor in = new Cbor(bytes);
        if (!in.head().is(Cbor.TAG, SELF_DESCRIBED)) {
            throw new WaybillException("not-waybill");
        }
        WaybillFile file = readMap(in);
        in.end();
        if (file.document == null) {
            throw new WaybillException("container-shape");
        }
        for (Document document : file.along) {
            if (!file.document.kind().takesAlong(document.kind())) {
                throw new WaybillException("container-trust");
            }
        }
        return file;
    }

    private static WaybillFile readMap(Cbor in) throws WaybillException {
        int count = in.countOf(Cbor.MAP, 3, "container-shape");

        Document document = null;
        List<Document> along = List.of();
        Proof proof = null;
        byte[] before = {};
        for (int i = 0; i < count; i++) {
            Cbor.Key key = in.containerKey(before);
            before = key.encoded();
            switch (key.text()) {
                case "proof" -> proof = Proof.of(in.item());
                case "trust" -> along = readAlong(in);
                case "document" -> document = Document.read(in);
                default -> throw new WaybillException("container-shape");
            }
        }
        return new WaybillFile(document, along, proof);
    }

    private static List<Document> readAlong(Cbor in) throws WaybillException {
        int count = in.countOf(Cbor.ARRAY, MAX_ALONG, "container-trust");
        List<Document> along = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            along.add(Document.read(in));
        }
        return along;
    }
}
