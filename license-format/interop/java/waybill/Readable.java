package waybill;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Collectors;

/** FORMAT.md, "Armour": the lines that a payload makes for people. */
final class Readable {
    private static final DateTimeFormatter DATE = DateTimeFormatter.ofPattern("uuuu-MM-dd").withZone(ZoneOffset.UTC);
    private static final DateTimeFormatter MINUTE =
            DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm 'UTC'").withZone(ZoneOffset.UTC);

    private final Fields payload;
    private final List<String> lines = new ArrayList<>();

    private Readable(Fields payload) {
        this.payload = payload;
    }

    static List<String> lines(Kind kind, Fields payload) {
        Readable readable = new Readable(payload);
        switch (kind) {
            case ACTIVATION_REQUEST -> readable.activationRequest();
            case REFRESH_REQUEST -> readable.refreshRequest();
            case DEACTIVATION_REQUEST -> readable.deactivationRequest();
            case LICENSE -> readable.license();
            case DEACTIVATION_RECEIPT -> readable.deactivationReceipt();
            case REFUSAL -> readable.refusal();
            case TRUST_BUNDLE -> readable.trustBundle();
            case REVOCATION_LIST -> readable.revocationList();
            case CHECKPOINT -> readable.checkpoint();
            case SUPPORT_BUNDLE -> readable.supportBundle();
        }
        return readable.lines;
    }

    private void activationRequest() {
        add("Activation request: %s, license key ending in %s", type(), payload.map("license-key").text("last-group"));
        site();
        server();
        made();
    }

    private void refreshRequest() {
        add("Refresh request: %s", type());
        site();
        server();
        usage();
        made();
    }

    private void deactivationRequest() {
        add("Deactivation request: %s, the site has stopped using its license", type());
        site();
        server();
        usage();
        made();
    }

    private void license() {
        List<Fields> grants = payload.maps("grants");
        String seats = grants.stream()
                .map(grant -> counted(grant.number("seats"), noun(grant)))
                .collect(Collectors.joining(" and "));
        String trial = grants.stream().anyMatch(grant -> grant.flag("trial")) ? ", trial" : "";
        long start = grants.stream().mapToLong(grant -> grant.number("contract-start")).min().orElseThrow();
        long end = grants.stream().mapToLong(grant -> grant.number("contract-end")).max().orElseThrow();

        add("License: %s, %s, %s%s", payload.text("product"), type(), seats, trial);
        site();
        add("Contract: %s to %s", date(start), date(end));
        add("File good until: %s", date(payload.number("good-until")));
        add("Report due by: %s", date(payload.number("report-due")));
        if (payload.has("time-reset")) {
            add("Time reset: to %s", minute(payload.number("time-reset")));
        }
        answers();
    }

    private void deactivationReceipt() {
        add("Deactivation receipt: %s, the license key is free again", type());
        site();
        add("Issued: %s by %s", date(payload.number("issued")), payload.text("vendor"));
        answers();
    }

    private void refusal() {
        String again = payload.flag("final")
                ? "this request is answered for good"
                : "the same file may be brought again";
        add("Refused: %s (%s), %s", type(), payload.text("code"), again);
        add("Reason: %s", payload.text("says"));
        add("Next step: %s", payload.text("next-step"));
        if (payload.has("until")) {
            add("Changes by itself: %s", date(payload.number("until")));
        }
        add("Installation: %s", shortened(payload.bytes("installation")));
        answers();
    }

    private void trustBundle() {
        List<byte[]> roots = payload.byteStrings("roots");
        add("Trust bundle: %s, number %d, %d of %s", payload.text("vendor"), payload.number("number"),
                payload.number("threshold"), counted(roots.size(), "root key"));
        for (byte[] root : roots) {
            add("Root key: %s", shortened(Ed25519.thumbprint(root)));
        }
        for (Fields key : payload.maps("keys")) {
            String distrusted = key.has("distrusted-since")
                    ? ", distrusted since " + date(key.number("distrusted-since"))
                    : "";
            add("Key: %s, %s to %s%s, signs %s", shortened(Ed25519.thumbprint(key.bytes("public-key"))),
                    date(key.number("from")), date(key.number("until")), distrusted,
                    String.join(" ", key.texts("signs")));
        }
    }

    private void revocationList() {
        add("Revocation list: %s, number %d, %s",
                payload.text("vendor"), payload.number("number"), date(payload.number("issued")));
        add("Revoked: %s, %s",
                counted(payload.byteStrings("licenses").size(), "license"),
                counted(payload.byteStrings("keys").size(), "key"));
    }

    private void checkpoint() {
        add("Checkpoint: %s, %s", payload.text("origin"), minute(payload.number("issued")));
        add("Log: size %d, root %s",
                payload.number("size"), HexFormat.of().formatHex(payload.bytes("root")));
    }

    private void supportBundle() {
        add("Support bundle: %s, made %s", payload.text("program"), minute(payload.map("clock").number("now")));
        site();
    }

    // The parts that several kinds have.

    private void site() {
        Fields installation = payload.map("installation");
        String description = installation.has("site-description")
                ? " (" + installation.text("site-description") + ")"
                : "";
        byte[] thumbprint = installation.has("thumbprint")
                ? installation.bytes("thumbprint")
                : Ed25519.thumbprint(installation.bytes("public-key"));
        add("Site: %s%s, installation %s", installation.text("site-code"), description, shortened(thumbprint));
    }

    private void server() {
        Fields installation = payload.map("installation");
        add("Server: %s, %s %s", installation.text("name"), installation.text("product"), installation.text("version"));
    }

    private void usage() {
        for (Fields line : payload.maps("usage")) {
            add("Usage: %s, at most %d from %s to %s", counted(line.number("used"), noun(line)),
                    line.number("peak"), date(line.number("from")), date(line.number("until")));
        }
    }

    private void made() {
        add("Request: number %d, made %s",
                payload.map("chain").number("counter"), minute(payload.map("clock").number("now")));
    }

    private void answers() {
        String digits = HexFormat.of().formatHex(payload.bytes("answers")).substring(0, 8);
        add("Answers: request number %d, %s", payload.number("counter"), digits);
    }

    private String type() {
        String type = payload.text("license-type");
        return Character.toUpperCase(type.charAt(0)) + type.substring(1);
    }

    private static String noun(Fields counted) {
        return counted.text("metric").replace('-', ' ');
    }

    private static String counted(long number, String noun) {
        return number + " " + noun + (number == 1 ? "" : "s");
    }

    private static String date(long instant) {
        return DATE.format(Instant.ofEpochSecond(instant));
    }

    private static String minute(long instant) {
        return MINUTE.format(Instant.ofEpochSecond(instant));
    }

    /** The first eight bytes of a thumbprint, as people see them. */
    private static String shortened(byte[] thumbprint) {
        return HexFormat.of().withUpperCase().formatHex(thumbprint, 0, 8).replaceAll("(....)(?=.)", "$1-");
    }

    private void add(String line, Object... parts) {
        lines.add(String.format(line, parts));
    }
}
