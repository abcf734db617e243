package waybill;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * FORMAT.md, "CBOR profile": reads from the first byte to the last, and the first rule that is broken gives the code.
 *
 * <p>An item becomes a Long, byte[], String, Boolean, List or Map. What the items mean is no concern of this class.
 */
final class Cbor {
    static final int UNSIGNED = 0;
    static final int NEGATIVE = 1;
    static final int BYTES = 2;
    static final int TEXT = 3;
    static final int ARRAY = 4;
    static final int MAP = 5;
    static final int TAG = 6;
    static final int SIMPLE = 7;

    private static final int FALSE = 20;
    private static final int TRUE = 21;
    private static final int MAX_LEVELS = 8;
    private static final int MAX_ITEMS = 10_000;
    private static final long MAX_INTEGER = (1L << 53) - 1;

    /** The start of an item: its major type, and its argument as an unsigned number. */
    record Head(int major, long argument) {
        boolean is(int major, long argument) {
            return this.major == major && this.argument == argument;
        }
    }

    private final byte[] bytes;
    private int at;
    private int items;

    Cbor(byte[] bytes) {
        this.bytes = bytes;
    }

    /** The one item that these bytes are. */
    static Object decode(byte[] bytes) throws WaybillException {
        Cbor reader = new Cbor(bytes);
        Object item = reader.item();
        reader.end();
        return item;
    }

    /** The next item of the profile. The limits for levels and items begin anew with it. */
    Object item() throws WaybillException {
        items = 0;
        return value(1);
    }

    /** Refuses whatever is left. */
    void end() throws WaybillException {
        if (at < bytes.length) {
            throw new WaybillException("cbor-trailing");
        }
    }

    /** The head of an item, tags among them: definite, with an argument that is a whole number, and the shortest. */
    Head head() throws WaybillException {
        int initial = take(1)[0] & 0xff;
        int major = initial >> 5;
        int info = initial & 31;
        if (info < 24) {
            return new Head(major, info);
        }
        if (info > 27) {
            throw new WaybillException(info == 31 ? "cbor-indefinite" : "cbor-reserved");
        }
        if (major == SIMPLE) {
            throw new WaybillException(info == 24 ? "cbor-simple" : "cbor-float");
        }
        int width = 1 << (info - 24);
        long argument = 0;
        for (byte part : take(width)) {
            argument = argument << 8 | part & 0xff;
        }
        long shorter = width == 1 ? 24 : 1L << (4 * width);
        if (Long.compareUnsigned(argument, shorter) < 0) {
            throw new WaybillException("cbor-long-head");
        }
        return new Head(major, argument);
    }

    /** The content of a byte string of that head. */
    byte[] content(Head head) throws WaybillException {
        return take(head.argument);
    }

    /** The content of a text of that head. */
    String text(Head head) throws WaybillException {
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(take(head.argument))).toString();
        } catch (CharacterCodingException e) {
            throw new WaybillException("cbor-utf8");
        }
    }

    /** The head of an array or map with one part to so many, given as their count; else refuses with that code. */
    int countOf(int major, int most, String code) throws WaybillException {
        Head head = head();
        if (head.major != major || head.argument < 1 || head.argument > most) {
            throw new WaybillException(code);
        }
        return (int) head.argument;
    }

    /** The number of items of an array, or of pairs of a map. */
    private int count(Head head) throws WaybillException {
        long atLeast = head.major == MAP ? 2 : 1;
        if (Long.compareUnsigned(head.argument, (bytes.length - at) / atLeast) > 0) {
            throw new WaybillException("cbor-truncated");
        }
        return (int) head.argument;
    }

    /** A key as text, and as the bytes by which keys are sorted. */
    record Key(String text, byte[] encoded) {}

    /** The key of the container's next pair, which may be no UTF-8. {@code before} is the key before it, encoded, or empty. */
    Key containerKey(byte[] before) throws WaybillException {
        int start = at;
        String text = new String(content(keyHead()), StandardCharsets.UTF_8);
        return inOrder(text, start, before);
    }

    private Key key(byte[] before) throws WaybillException {
        int start = at;
        String text = text(keyHead());
        return inOrder(text, start, before);
    }

    private Head keyHead() throws WaybillException {
        Head head = countedHead();
        if (head.major != TEXT) {
            throw new WaybillException("cbor-key-type");
        }
        return head;
    }

    private Key inOrder(String text, int start, byte[] before) throws WaybillException {
        byte[] encoded = Arrays.copyOfRange(bytes, start, at);
        int order = Arrays.compareUnsigned(before, encoded);
        if (order >= 0) {
            throw new WaybillException(order == 0 ? "cbor-duplicate-key" : "cbor-unsorted-keys");
        }
        return new Key(text, encoded);
    }

    private Object value(int level) throws WaybillException {
        Head head = countedHead();
        return switch (head.major) {
            case UNSIGNED -> integer(head.argument, MAX_INTEGER);
            case NEGATIVE -> -1 - integer(head.argument, MAX_INTEGER - 1);
            case BYTES -> content(head);
            case TEXT -> text(head);
            case ARRAY -> array(count(head), level);
            case MAP -> map(count(head), level);
            case TAG -> throw new WaybillException("cbor-tag");
            default -> flag(head.argument);
        };
    }

    private static long integer(long argument, long most) throws WaybillException {
        if (Long.compareUnsigned(argument, most) > 0) {
            throw new WaybillException("cbor-integer-range");
        }
        return argument;
    }

    private static boolean flag(long argument) throws WaybillException {
        if (argument != FALSE && argument != TRUE) {
            throw new WaybillException("cbor-simple");
        }
        return argument == TRUE;
    }

    private List<Object> array(int count, int level) throws WaybillException {
        refuseDeeper(level);
        List<Object> array = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            array.add(value(level + 1));
        }
        return array;
    }

    private Map<String, Object> map(int count, int level) throws WaybillException {
        refuseDeeper(level);
        Map<String, Object> map = new LinkedHashMap<>();
        byte[] before = {};
        for (int i = 0; i < count; i++) {
            Key key = key(before);
            map.put(key.text, value(level + 1));
            before = key.encoded;
        }
        return map;
    }

    private static void refuseDeeper(int level) throws WaybillException {
        if (level > MAX_LEVELS) {
            throw new WaybillException("cbor-too-deep");
        }
    }

    /** The head of an item that is not one too many. */
    private Head countedHead() throws WaybillException {
        Head head = head();
        if (++items > MAX_ITEMS) {
            throw new WaybillException("cbor-too-many-items");
        }
        return head;
    }

    private byte[] take(long length) throws WaybillException {
        if (Long.compareUnsigned(length, bytes.length - at) > 0) {
            throw new WaybillException("cbor-truncated");
        }
        at += (int) length;
        return Arrays.copyOfRange(bytes, at - (int) length, at);
    }
}
