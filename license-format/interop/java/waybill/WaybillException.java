package waybill;

/** A refusal. Its code is one of FORMAT.md, "Error codes". */
public final class WaybillException extends Exception {
    private static final long serialVersionUID = 1;

    private final String code;

    WaybillException(String code) {
        super(code);
        this.code = code;
    }

    public String code() {
        return code;
    }
}
