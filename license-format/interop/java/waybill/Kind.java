package waybill;

import java.util.Locale;

/** FORMAT.md, "Payloads": the closed list of kinds. */
public enum Kind {
    ACTIVATION_REQUEST,
    REFRESH_REQUEST,
    DEACTIVATION_REQUEST,
    LICENSE,
    DEACTIVATION_RECEIPT,
    REFUSAL,
    TRUST_BUNDLE,
    REVOCATION_LIST,
    CHECKPOINT,
    SUPPORT_BUNDLE;

    private static final String TYPE_START = "application/vnd.waybill.";
    private static final String TYPE_END = "+cose";

    /** As it stands in a key's {@code signs}, and in the conformance protocol. */
    public String token() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** As it stands in the BEGIN and END lines of armour. */
    String label() {
        return name().replace('_', ' ');
    }

    boolean isRequest() {
        return this == ACTIVATION_REQUEST || this == REFRESH_REQUEST || this == DEACTIVATION_REQUEST;
    }

    boolean isAnswer() {
        return this == LICENSE || this == DEACTIVATION_RECEIPT || this == REFUSAL;
    }

    boolean isNews() {
        return this == TRUST_BUNDLE || this == REVOCATION_LIST || this == CHECKPOINT;
    }

    /** FORMAT.md, "The file": what may travel along with a document of this kind. */
    boolean takesAlong(Kind other) {
        return isRequest() ? other == LICENSE : other.isNews();
    }

    /** The kind that a {@code typ} header names, or null. */
    static Kind ofType(String type) {
        for (Kind kind : values()) {
            if (type.equals(TYPE_START + kind.token() + TYPE_END)) {
                return kind;
            }
        }
        return null;
    }
}
