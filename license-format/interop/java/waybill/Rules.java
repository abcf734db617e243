package waybill;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** FORMAT.md, "Payloads": the rules that the schema cannot state. */
final class Rules {
    static final List<String> SLOTS = List.of("desktop", "mobile", "farm", "computers");

    private static final List<String> SIGNED_KINDS =
            List.of("license", "deactivation-receipt", "refusal", "revocation-list", "checkpoint");

    private static final int MAX_REVOKED = 1500;
    private static final int MAX_SUPPORT_BYTES = 48 * 1024;

    private Rules() {}

    static boolean hold(Kind kind, Fields payload) {
        return switch (kind) {
            case ACTIVATION_REQUEST -> request(payload) && !holds(payload);
            case REFRESH_REQUEST -> request(payload) && holds(payload) && usage(payload);
            case DEACTIVATION_REQUEST -> request(payload) && endsItself(payload) && usage(payload);
            case LICENSE -> license(payload);
            case REFUSAL -> !(payload.flag("final") && payload.has("until"));
            case TRUST_BUNDLE -> trustBundle(payload);
            case REVOCATION_LIST -> revocationList(payload);
            case SUPPORT_BUNDLE -> supportBundle(payload);
            case DEACTIVATION_RECEIPT, CHECKPOINT -> true;
        };
    }

    private static boolean request(Fields request) {
        Fields chain = request.map("chain");
        long counter = chain.number("counter");
        long since = chain.has("since") ? chain.map("since").number("counter") : 0;
        if (counter != since + chain.byteStrings("open").size() + 1) {
            return false;
        }
        Fields slots = chain.map("slots");
        boolean earlier = SLOTS.stream().filter(slots::has).map(slots::map).allMatch(
                report -> !(report.has("ended") && report.number("ended") > counter)
                        && !(report.has("holding") && report.map("holding").number("counter") >= counter));
        return earlier && slots(slots);
    }

    /** Each slot holds what it asked for after it ended. */
    private static boolean slots(Fields slots) {
        return SLOTS.stream().filter(slots::has).map(slots::map).allMatch(
                report -> !report.has("ended")
                        || !report.has("holding")
                        || report.map("holding").number("counter") > report.number("ended"));
    }

    private static boolean holds(Fields request) {
        Fields slots = request.map("chain").map("slots");
        String slot = request.text("license-type");
        return slots.has(slot) && slots.map(slot).has("holding");
    }

    private static boolean endsItself(Fields request) {
        Fields chain = request.map("chain");
        Fields slots = chain.map("slots");
        String slot = request.text("license-type");
        return slots.has(slot)
                && slots.map(slot).size() == 1
                && slots.map(slot).has("ended")
                && slots.map(slot).number("ended") == chain.number("counter");
    }

    private static boolean usage(Fields request) {
        return request.maps("usage").stream().allMatch(
                line -> line.number("from") <= line.number("until") && line.number("used") <= line.number("peak"));
    }

    private static boolean license(Fields license) {
        List<Fields> grants = license.maps("grants");
        long metrics = grants.stream().map(grant -> grant.text("metric")).distinct().count();
        long latestEnd = grants.stream().mapToLong(grant -> grant.number("contract-end")).max().orElseThrow();
        long goodUntil = license.number("good-until");
        return metrics == grants.size()
                && grants.stream().allMatch(grant -> grant.number("contract-start") < grant.number("contract-end"))
                && license.number("issued") < goodUntil
                && goodUntil <= latestEnd
                && license.number("report-due") <= goodUntil
                && (!license.has("time-reset") || license.number("time-reset") == license.number("issued"));
    }

    private static boolean trustBundle(Fields bundle) {
        List<byte[]> roots = bundle.byteStrings("roots");
        List<Fields> keys = bundle.maps("keys");
        Stream<byte[]> all = Stream.concat(roots.stream(), keys.stream().map(key -> key.bytes("public-key")));
        return all.map(HexFormat.of()::formatHex).distinct().count() == roots.size() + keys.size()
                && bundle.number("threshold") <= roots.size()
                && bundle.has("previous") == (bundle.number("number") != 1)
                && keys.stream().allMatch(
                        key -> key.number("from") < key.number("until") && inOrder(key.texts("signs")));
    }

    /** Each kind once, and in the order of the list. */
    private static boolean inOrder(List<String> signs) {
        Set<String> said = new HashSet<>(signs);
        return signs.equals(SIGNED_KINDS.stream().filter(said::contains).toList());
    }

    private static boolean revocationList(Fields list) {
        List<byte[]> keys = list.byteStrings("keys");
        List<byte[]> licenses = list.byteStrings("licenses");
        return ascends(keys)
                && ascends(licenses)
                && keys.size() + licenses.size() <= MAX_REVOKED
                && list.number("issued") < list.number("until");
    }

    /** FORMAT.md, "Limits". */
    private static boolean supportBundle(Fields bundle) {
        int bytes = 0;
        for (String line : bundle.texts("lines")) {
            bytes += line.getBytes(StandardCharsets.UTF_8).length;
        }
        return slots(bundle.map("slots")) && bytes <= MAX_SUPPORT_BYTES;
    }

    private static boolean ascends(List<byte[]> list) {
        for (int i = 1; i < list.size(); i++) {
            if (Arrays.compareUnsigned(list.get(i - 1), list.get(i)) >= 0) {
                return false;
            }
        }
        return true;
    }
}
