package waybill;

import static waybill.Shape.FLAG;
import static waybill.Shape.HASH;
import static waybill.Shape.ID;
import static waybill.Shape.INSTANT;
import static waybill.Shape.LABEL;
import static waybill.Shape.LAST_GROUP;
import static waybill.Shape.NUMBER;
import static waybill.Shape.PERIOD;
import static waybill.Shape.POSITIVE;
import static waybill.Shape.PUBLIC_KEY;
import static waybill.Shape.SITE_CODE;
import static waybill.Shape.TOKEN;
import static waybill.Shape.bounded;
import static waybill.Shape.bytes;
import static waybill.Shape.either;
import static waybill.Shape.list;
import static waybill.Shape.map;
import static waybill.Shape.oneOf;
import static waybill.Shape.optional;
import static waybill.Shape.required;
import static waybill.Shape.table;

import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** FORMAT.md, "Payloads", and waybill.cddl, whose order and names these are. */
final class Payload {
    private static final long VERSION = 1;

    private Payload() {}

    /** The fields of a payload of that kind. In this order: CBOR profile, version, shape, rules. */
    static Fields decode(Kind kind, byte[] payload) throws WaybillException {
        if (!(Cbor.decode(payload) instanceof Map<?, ?> map)) {
            throw new WaybillException("payload-shape");
        }
        if (map.get("version") instanceof Long version && version >= 0 && version != VERSION) {
            throw new WaybillException("payload-version");
        }
        Shape.Fit fit = shape(kind).fit(map);
        if (fit == Shape.Fit.WRONG) {
            throw new WaybillException("payload-shape");
        }
        Fields fields = Fields.of(map);
        if (fit == Shape.Fit.BEYOND || !Rules.hold(kind, fields)) {
            throw new WaybillException("payload-rule");
        }
        return fields;
    }

    static Fields decode(Document document) throws WaybillException {
        return decode(document.kind(), document.payload());
    }

    private static Shape shape(Kind kind) {
        return switch (kind) {
            case ACTIVATION_REQUEST -> ACTIVATION_REQUEST;
            case REFRESH_REQUEST -> REFRESH_REQUEST;
            case DEACTIVATION_REQUEST -> DEACTIVATION_REQUEST;
            case LICENSE -> LICENSE;
            case DEACTIVATION_RECEIPT -> DEACTIVATION_RECEIPT;
            case REFUSAL -> REFUSAL;
            case TRUST_BUNDLE -> TRUST_BUNDLE;
            case REVOCATION_LIST -> REVOCATION_LIST;
            case CHECKPOINT -> CHECKPOINT;
            case SUPPORT_BUNDLE -> SUPPORT_BUNDLE;
        };
    }

    // Small parts.

    private static final Shape VERSION_1 = bounded(VERSION, VERSION);
    private static final Shape LICENSE_TYPE = oneOf(Rules.SLOTS);
    private static final Shape METRIC = oneOf(List.of("managed-device", "concurrent-user", "computer", "user"));

    private static final Shape CHAIN_LINK = map(
            required("digest", HASH),
            required("counter", POSITIVE));

    private static final Shape SLOT_REPORT = map(
            optional("ended", POSITIVE),
            optional("holding", CHAIN_LINK));

    private static final Shape SLOT_REPORTS = map(
            optional("farm", SLOT_REPORT),
            optional("mobile", SLOT_REPORT),
            optional("desktop", SLOT_REPORT),
            optional("computers", SLOT_REPORT));

    private static final Shape SEEN_LOG = map(
            required("root", HASH),
            required("size", POSITIVE));

    private static final Shape CHAIN = map(
            optional("log", SEEN_LOG),
            required("open", list(0, 35, HASH)),
            required("nonce", bytes(16)),
            optional("since", CHAIN_LINK),
            required("slots", SLOT_REPORTS),
            required("record", NUMBER),
            required("counter", POSITIVE));

    private static final Shape CLOCK_REPORT = map(
            required("now", INSTANT),
            required("high-water", INSTANT),
            required("steps-back", NUMBER));

    private static final Shape LICENSE_KEY_REF = map(
            required("digest", HASH),
            required("last-group", LAST_GROUP));

    private static final Shape INSTALLATION_FACTS = map(
            required("name", LABEL),
            required("product", LABEL),
            required("version", LABEL),
            required("site-code", SITE_CODE),
            required("public-key", PUBLIC_KEY),
            required("fingerprint", table(8, bytes(16))),
            optional("site-description", LABEL));

    private static final Shape INSTALLATION_NAME = map(
            required("name", LABEL),
            required("site-code", SITE_CODE),
            required("thumbprint", HASH),
            optional("site-description", LABEL));

    private static final Shape USAGE_LINE = map(
            required("from", INSTANT),
            required("peak", NUMBER),
            required("used", NUMBER),
            required("until", INSTANT),
            required("metric", METRIC));

    // Requests: signed by the installation.

    private static final Shape ACTIVATION_REQUEST = map(
            required("chain", CHAIN),
            required("clock", CLOCK_REPORT),
            required("version", VERSION_1),
            required("license-key", LICENSE_KEY_REF),
            required("installation", INSTALLATION_FACTS),
            required("license-type", LICENSE_TYPE));

    private static final Shape REFRESH_REQUEST = map(
            required("chain", CHAIN),
            required("clock", CLOCK_REPORT),
            required("usage", list(0, 64, USAGE_LINE)),
            required("license", ID),
            required("version", VERSION_1),
            required("installation", INSTALLATION_FACTS),
            required("license-type", LICENSE_TYPE));

    private static final Shape DEACTIVATION_REQUEST = map(
            required("chain", CHAIN),
            required("clock", CLOCK_REPORT),
            required("usage", list(0, 64, USAGE_LINE)),
            optional("license", ID),
            required("version", VERSION_1),
            required("installation", INSTALLATION_FACTS),
            required("license-type", LICENSE_TYPE));

    // Answers: signed by an issuing key.

    private static final Shape FLOOR = map(
            required("bundle", NUMBER),
            required("revocations", NUMBER));

    private static final Shape OVER_LIMIT = either(
            oneOf(List.of("notify", "refuse")),
            map(required("suspend-after-days", NUMBER)));

    private static final Shape GRANT = map(
            required("seats", NUMBER),
            required("trial", FLAG),
            required("metric", METRIC),
            required("edition", LABEL),
            required("features", table(64, either(FLAG, NUMBER, LABEL))),
            required("after-end", NUMBER),
            required("over-limit", OVER_LIMIT),
            required("contract-end", INSTANT),
            required("contract-start", INSTANT));

    private static final Shape LICENSE = map(
            required("id", ID),
            required("floor", FLOOR),
            required("grace", PERIOD),
            required("grants", list(1, 4, GRANT)),
            required("issued", INSTANT),
            required("record", NUMBER),
            required("vendor", LABEL),
            required("answers", HASH),
            required("counter", POSITIVE),
            required("product", LABEL),
            required("version", VERSION_1),
            required("good-until", INSTANT),
            required("report-due", INSTANT),
            optional("time-reset", INSTANT),
            required("license-key", LICENSE_KEY_REF),
            required("installation", INSTALLATION_NAME),
            required("license-type", LICENSE_TYPE),
            required("clock-tolerance", PERIOD));

    private static final Shape DEACTIVATION_RECEIPT = map(
            required("issued", INSTANT),
            required("record", NUMBER),
            required("vendor", LABEL),
            required("answers", HASH),
            required("counter", POSITIVE),
            optional("license", ID),
            required("version", VERSION_1),
            required("installation", INSTALLATION_NAME),
            required("license-type", LICENSE_TYPE));

    private static final Shape REFUSAL = map(
            required("code", TOKEN),
            required("says", LABEL),
            required("final", FLAG),
            optional("until", INSTANT),
            required("issued", INSTANT),
            required("record", NUMBER),
            required("vendor", LABEL),
            required("answers", HASH),
            required("counter", POSITIVE),
            required("version", VERSION_1),
            required("next-step", LABEL),
            required("installation", HASH),
            required("license-type", LICENSE_TYPE));

    // Trust.

    /** Which of the kinds a key may sign is one of the rules. */
    private static final Shape KIND = oneOf(Arrays.stream(Kind.values()).map(Kind::token).toList());

    private static final Shape KEY_ENTRY = map(
            required("from", INSTANT),
            required("signs", list(1, 5, KIND)),
            required("until", INSTANT),
            required("public-key", PUBLIC_KEY),
            optional("distrusted-since", INSTANT));

    private static final Shape TRUST_BUNDLE = map(
            required("keys", list(0, 16, KEY_ENTRY)),
            required("roots", list(1, 5, PUBLIC_KEY)),
            required("issued", INSTANT),
            required("number", POSITIVE),
            required("vendor", LABEL),
            required("version", VERSION_1),
            optional("previous", HASH),
            required("threshold", bounded(1, 5)));

    private static final Shape REVOCATION_LIST = map(
            required("keys", list(0, 1500, HASH)),
            required("until", INSTANT),
            required("issued", INSTANT),
            required("number", POSITIVE),
            required("vendor", LABEL),
            required("version", VERSION_1),
            required("licenses", list(0, 1500, ID)));

    private static final Shape CHECKPOINT = map(
            required("root", HASH),
            required("size", NUMBER),
            required("issued", INSTANT),
            required("origin", LABEL),
            required("version", VERSION_1));

    // Support: signed by the installation.

    private static final Shape SUPPORT_BUNDLE = map(
            required("clock", CLOCK_REPORT),
            required("lines", list(0, 500, LABEL)),
            required("slots", SLOT_REPORTS),
            required("program", LABEL),
            required("version", VERSION_1),
            required("installation", INSTALLATION_NAME));
}
