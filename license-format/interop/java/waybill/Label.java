package waybill;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** FORMAT.md, "Conventions": white space, words, and labels. */
final class Label {
    private static final int MAX_BYTES = 200;
    private static final String DASHES = "-----";

    /** How the base 64 of every file begins. */
    static final String FILE_START = "2dn3";

    private static final Pattern SPACES = Pattern.compile("\\p{IsWhite_Space}+");
    private static final Pattern SPACES_BEFORE = Pattern.compile("^\\p{IsWhite_Space}+");
    private static final Pattern SPACE_AT_AN_END = Pattern.compile("^\\p{IsWhite_Space}|\\p{IsWhite_Space}\\z");

    /** Control characters, and what is invisible or turns the writing direction. */
    private static final Pattern FORBIDDEN = Pattern.compile("[\\p{Cc}\\u00ad\\u061c\\u180e\\u200b-\\u200f\\u2028-\\u202e"
            + "\\u2060-\\u206f\\ufeff\\ufff9-\\ufffb\\x{e0000}-\\x{e007f}]");

    private Label() {}

    static boolean isLabel(String text) {
        int length = text.getBytes(StandardCharsets.UTF_8).length;
        return 1 <= length
                && length <= MAX_BYTES
                && !SPACE_AT_AN_END.matcher(text).find()
                && !FORBIDDEN.matcher(text).find()
                && !text.contains(DASHES)
                && words(text).stream().noneMatch(word -> word.startsWith(FILE_START));
    }

    /** FORMAT.md, "Armour", step 2: the words of a text, without the marks of quoting. */
    static List<String> words(String text) {
        List<String> words = new ArrayList<>();
        for (String quoted : SPACES.split(text)) {
            String word = quoted.replaceFirst("^>+", "");
            if (!word.isEmpty()) {
                words.add(word);
            }
        }
        return words;
    }

    static String withoutSpaceBefore(String text) {
        return SPACES_BEFORE.matcher(text).replaceFirst("");
    }

    static String withoutSpace(String text) {
        return SPACES.matcher(text).replaceAll("");
    }
}
