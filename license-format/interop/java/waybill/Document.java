package waybill;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * FORMAT.md, "The document": a COSE_Sign1 of the profile, unverified.
 *
 * @param kind what it is
 * @param signer the thumbprint of the key that is to have signed it
 * @param payload as it arrived
 * @param signature as it arrived
 * @param signed the bytes that the signature covers
 */
public record Document(Kind kind, byte[] signer, byte[] payload, byte[] signature, byte[] signed) {
    private static final int MAX_PAYLOAD = 64 * 1024;
    private static final int COSE_SIGN1 = 18;

    static Document read(Cbor in) throws WaybillException {
        if (!in.head().is(Cbor.TAG, COSE_SIGN1) || !in.head().is(Cbor.ARRAY, 4)) {
            throw new WaybillException("envelope-shape");
        }

        byte[] header = in.content(requireType(in.head(), Cbor.BYTES, "envelope-shape"));
        Header parts = Header.read(header);

        Cbor.Head unprotected = requireType(in.head(), Cbor.MAP, "envelope-shape");
        if (unprotected.argument() != 0) {
            throw new WaybillException("envelope-unprotected");
        }

        byte[] payload = in.content(requireType(in.head(), Cbor.BYTES, "envelope-payload"));
        if (payload.length > MAX_PAYLOAD) {
            throw new WaybillException("too-large");
        }

        byte[] signature = in.content(requireType(in.head(), Cbor.BYTES, "envelope-shape"));
        if (signature.length != Ed25519.SIGNATURE_LENGTH) {
            throw new WaybillException("envelope-signature");
        }
        return new Document(parts.kind, parts.signer, payload, signature, toBeSigned(header, payload));
    }

    private static Cbor.Head requireType(Cbor.Head head, int major, String code) throws WaybillException {
        if (head.major() != major) {
            throw new WaybillException(code);
        }
        return head;
    }

    /** FORMAT.md, "Conventions": a document is known by what is signed, never by the signature. */
    byte[] digest() {
        return Hash.sha256(signed);
    }

    /** Whether that is the same document, byte for byte. */
    @Override
    public boolean equals(Object other) {
        return other instanceof Document that
                && Arrays.equals(signed, that.signed)
                && Arrays.equals(signature, that.signature);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(signature);
    }

    boolean signatureIsBy(byte[] key) {
        return Ed25519.verifies(key, signed, signature);
    }

    /** COSE's Sig_structure. */
    private static byte[] toBeSigned(byte[] header, byte[] payload) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(0x84);
        out.writeBytes(new byte[] {0x6a, 'S', 'i', 'g', 'n', 'a', 't', 'u', 'r', 'e', '1'});
        writeByteString(out, header);
        out.write(0x40);
        writeByteString(out, payload);
        return out.toByteArray();
    }

    private static void writeByteString(ByteArrayOutputStream out, byte[] bytes) {
        int length = bytes.length;
        if (length < 24) {
            out.write(0x40 | length);
        } else if (length < 1 << 8) {
            out.write(0x58);
            out.write(length);
        } else if (length < 1 << 16) {
            out.write(0x59);
            out.write(length >> 8);
            out.write(length);
        } else {
            out.write(0x5a);
            out.writeBytes(ByteBuffer.allocate(4).putInt(length).array());
        }
        out.writeBytes(bytes);
    }

    /** The protected header, whose bytes are fixed but for a thumbprint and a kind. */
    private record Header(Kind kind, byte[] signer) {
        private static final int ALGORITHM = 1;
        private static final int KEY_ID = 4;
        private static final int TYPE = 16;
        private static final long ED25519 = 18; // as CBOR's argument of -19

        static Header read(byte[] bytes) throws WaybillException {
            try {
                return read(new Cbor(bytes));
            } catch (WaybillException e) {
                boolean encoding = e.code().startsWith("cbor-");
                throw encoding ? new WaybillException("header-shape") : e;
            }
        }

        private static Header read(Cbor in) throws WaybillException {
            if (!in.head().is(Cbor.MAP, 3)) {
                throw new WaybillException("header-shape");
            }

            requireLabel(in, ALGORITHM);
            if (!in.head().is(Cbor.NEGATIVE, ED25519)) {
                throw new WaybillException("header-algorithm");
            }

            requireLabel(in, KEY_ID);
            byte[] signer = in.content(requireType(in.head(), Cbor.BYTES, "header-kid"));
            if (signer.length != Hash.LENGTH) {
                throw new WaybillException("header-kid");
            }

            requireLabel(in, TYPE);
            Kind kind = Kind.ofType(in.text(requireType(in.head(), Cbor.TEXT, "header-shape")));
            if (kind == null) {
                throw new WaybillException("header-type");
            }
            in.end();
            return new Header(kind, signer);
        }

        private static void requireLabel(Cbor in, int label) throws WaybillException {
            if (!in.head().is(Cbor.UNSIGNED, label)) {
                throw new WaybillException("header-shape");
            }
        }
    }
}
