package waybill;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;

/** FORMAT.md, "Armour" and "QR text": the two spellings of a file as text. */
final class Text {
    private static final int MAX_TEXT = 830_120;
    private static final int MAX_QR_TEXT = 4_296;
    private static final int MAX_LABEL_WORDS = 3;
    private static final String QR_START = "WAYBILL:";
    private static final String BASE_32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    private static final String BLOCK_START = "-----BEGIN WAYBILL ";
    private static final String DASHES = "-----";
    private static final String BYTE_ORDER_MARK = "\ufeff";

    private Text() {}

    static WaybillFile read(byte[] bytes) throws WaybillException {
        if (bytes.length > MAX_TEXT) {
            throw new WaybillException("too-large");
        }
        String text = decode(bytes);
        if (Label.withoutSpaceBefore(text).startsWith(QR_START)) {
            return readQr(Label.withoutSpace(text));
        }
        return readArmour(Label.words(text));
    }

    /** "Armour", step 1. */
    private static String decode(byte[] bytes) throws WaybillException {
        Charset charset = charset(bytes);
        try {
            String text = charset.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
            return text.startsWith(BYTE_ORDER_MARK) ? text.substring(1) : text;
        } catch (CharacterCodingException e) {
            boolean block = new String(bytes, charset).contains(BLOCK_START);
            throw new WaybillException(block ? "armour-encoding" : "not-waybill");
        }
    }

    private static Charset charset(byte[] bytes) {
        int first = bytes[0] & 0xff;
        int second = bytes.length > 1 ? bytes[1] & 0xff : first;
        if (first == 0 || first == 0xfe && second == 0xff) {
            return StandardCharsets.UTF_16BE;
        }
        if (second == 0 || first == 0xff && second == 0xfe) {
            return StandardCharsets.UTF_16LE;
        }
        return StandardCharsets.UTF_8;
    }

    /** Steps 3 to 7. */
    private static WaybillFile readArmour(List<String> words) throws WaybillException {
        int begin = find(words, "-----BEGIN", 0);
        if (begin < 0) {
            throw new WaybillException("not-waybill");
        }
        if (find(words, "-----BEGIN", begin + 1) >= 0) {
            throw new WaybillException("armour-several-blocks");
        }

        List<String> label = label(words.subList(begin + 2, words.size()));
        int body = begin + 2 + label.size();
        int end = find(words, "-----END", body);
        if (end < 0) {
            throw new WaybillException("armour-no-end");
        }
        if (!label.equals(label(words.subList(end + 2, words.size())))) {
            throw new WaybillException("armour-label");
        }

        int start = body;
        while (start < end && !words.get(start).startsWith(Label.FILE_START)) {
            start++;
        }
        WaybillFile file = WaybillFile.readBinary(fromBase64(String.join("", words.subList(start, end))));
        Kind kind = file.document().kind();
        if (!String.join(" ", label).equals(kind.label() + DASHES)) {
            throw new WaybillException("armour-label");
        }
        List<String> readable = Readable.lines(kind, Payload.decode(file.document()));
        if (!words.subList(body, start).equals(Label.words(String.join(" ", readable)))) {
            throw new WaybillException("armour-readable");
        }
        return file;
    }

    /** Where the two words stand that begin or end a block, or -1. */
    private static int find(List<String> words, String first, int from) {
        for (int i = from; i + 1 < words.size(); i++) {
            if (words.get(i).equals(first) && words.get(i + 1).equals("WAYBILL")) {
                return i;
            }
        }
        return -1;
    }

    /** The words of the label with which these begin, of which the last has five dashes. */
    private static List<String> label(List<String> words) throws WaybillException {
        for (int i = 0; i < Math.min(MAX_LABEL_WORDS, words.size()); i++) {
            if (words.get(i).endsWith(DASHES)) {
                return words.subList(0, i + 1);
            }
        }
        throw new WaybillException("armour-no-end");
    }

    /** The JDK's decoder is lenient at the end: what is canonical encodes to itself. */
    private static byte[] fromBase64(String text) throws WaybillException {
        try {
            byte[] bytes = Base64.getDecoder().decode(text);
            if (bytes.length > 0 && Base64.getEncoder().encodeToString(bytes).equals(text)) {
                return bytes;
            }
        } catch (IllegalArgumentException e) {
            // refused below
        }
        throw new WaybillException("armour-base64");
    }

    private static WaybillFile readQr(String text) throws WaybillException {
        if (text.codePointCount(0, text.length()) > MAX_QR_TEXT) {
            throw new WaybillException("too-large");
        }
        return WaybillFile.readBinary(fromBase32(text.substring(QR_START.length())));
    }

    /** RFC 4648, section 6, capitals, without padding, and what is left over of the last character zero. */
    private static byte[] fromBase32(String text) throws WaybillException {
        ByteBuffer out = ByteBuffer.allocate(text.length() * 5 / 8);
        int bits = 0;
        int held = 0;
        for (char character : text.toCharArray()) {
            int value = BASE_32.indexOf(character);
            if (value < 0) {
                throw new WaybillException("qr-base32");
            }
            held = held << 5 | value;
            bits += 5;
            if (bits >= 8) {
                bits -= 8;
                out.put((byte) (held >> bits));
                held &= (1 << bits) - 1;
            }
        }
        if (bits >= 5 || held != 0) {
            throw new WaybillException("qr-base32");
        }
        return out.array();
    }
}
