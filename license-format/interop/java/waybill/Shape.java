package waybill;

import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/** A rule of waybill.cddl: how well an item has the type and the values that the schema gives it. */
interface Shape {
    Fit fit(Object item);

    /** From good to bad. A map or list fits as badly as its worst part. */
    enum Fit {
        GOOD,
        /** Of the right type, but a number or a count is beyond a bound that the kind sets. */
        BEYOND,
        WRONG;

        Fit or(Fit other) {
            return compareTo(other) >= 0 ? this : other;
        }
    }

    long MAX_NUMBER = (1L << 53) - 1;

    Shape FLAG = item -> wrongUnless(item instanceof Boolean);
    Shape NUMBER = number(MAX_NUMBER);
    Shape POSITIVE = bounded(1, MAX_NUMBER);
    Shape INSTANT = number(253_402_300_799L);
    Shape PERIOD = bounded(0, 316_224_000);

    Shape ID = bytes(16);
    Shape HASH = bytes(Hash.LENGTH);
    Shape PUBLIC_KEY = bytes(Ed25519.KEY_LENGTH);

    Shape LABEL = item -> wrongUnless(item instanceof String text && Label.isLabel(text));
    Shape TOKEN = matching("[a-z0-9._-]{1,64}");
    Shape SITE_CODE = matching("(?!AUX|CON|NUL|PRN)[A-Z0-9]{3}");
    Shape LAST_GROUP = matching("[0-9A-HJKMNP-TV-Z]{5}");

    static Shape number(long most) {
        return item -> wrongUnless(item instanceof Long number && 0 <= number && number <= most);
    }

    static Shape bounded(long least, long most) {
        return item -> NUMBER.fit(item) == Fit.GOOD ? beyondUnless(within(least, (Long) item, most)) : Fit.WRONG;
    }

    static Shape bytes(int length) {
        return item -> wrongUnless(item instanceof byte[] bytes && bytes.length == length);
    }

    static Shape matching(String expression) {
        Pattern pattern = Pattern.compile(expression);
        return item -> wrongUnless(item instanceof String text && pattern.matcher(text).matches());
    }

    static Shape oneOf(List<String> texts) {
        return item -> wrongUnless(item instanceof String text && texts.contains(text));
    }

    static Shape either(Shape... shapes) {
        return item -> {
            Fit best = Fit.WRONG;
            for (Shape shape : shapes) {
                Fit fit = shape.fit(item);
                best = fit.compareTo(best) < 0 ? fit : best;
            }
            return best;
        };
    }

    static Shape list(int least, int most, Shape each) {
        return item -> {
            if (!(item instanceof List<?> list)) {
                return Fit.WRONG;
            }
            Fit fit = beyondUnless(within(least, list.size(), most));
            for (Object part : list) {
                fit = fit.or(each.fit(part));
            }
            return fit;
        };
    }

    /** A map whose keys are tokens of the writer's choice. */
    static Shape table(int most, Shape each) {
        return item -> {
            if (!(item instanceof Map<?, ?> map)) {
                return Fit.WRONG;
            }
            Fit fit = beyondUnless(map.size() <= most);
            for (Map.Entry<?, ?> entry : map.entrySet()) {
                fit = fit.or(TOKEN.fit(entry.getKey())).or(each.fit(entry.getValue()));
            }
            return fit;
        };
    }

    record Field(String name, boolean required, Shape shape) {}

    static Field required(String name, Shape shape) {
        return new Field(name, true, shape);
    }

    static Field optional(String name, Shape shape) {
        return new Field(name, false, shape);
    }

    static Shape map(Field... fields) {
        return item -> {
            if (!(item instanceof Map<?, ?> map)) {
                return Fit.WRONG;
            }
            Fit fit = Fit.GOOD;
            Set<Object> unknown = new HashSet<>(map.keySet());
            for (Field field : fields) {
                boolean present = unknown.remove(field.name);
                fit = fit.or(present ? field.shape.fit(map.get(field.name)) : wrongUnless(!field.required));
            }
            return fit.or(wrongUnless(unknown.isEmpty()));
        };
    }

    private static Fit wrongUnless(boolean good) {
        return good ? Fit.GOOD : Fit.WRONG;
    }

    private static Fit beyondUnless(boolean good) {
        return good ? Fit.GOOD : Fit.BEYOND;
    }

    private static boolean within(long least, long number, long most) {
        return least <= number && number <= most;
    }
}
