package waybill;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * FORMAT.md, "Processing": what is trusted, and what is believed because of it.
 *
 * <p>A state never changes: taking news gives a new one, and a failure none.
 */
public final class TrustState {
    /** An answer that was verified, and the state that resulted from what travelled along. */
    public record Verified(Kind kind, Fields answer, TrustState state) {}

    private record RevocationList(Document document, Fields fields) {
        long number() {
            return fields.number("number");
        }

        /** Whether that is another document with the same number. */
        boolean contradicts(RevocationList other) {
            return number() == other.number() && !Arrays.equals(document.digest(), other.document.digest());
        }
    }

    private final Bundle bundle;
    private final RevocationList list; // null where there is none yet

    private TrustState(Bundle bundle, RevocationList list) {
        this.bundle = bundle;
        this.list = list;
    }

    /** FORMAT.md, "Pinning a trust bundle". */
    public static TrustState pin(WaybillFile file) throws WaybillException {
        if (file.document().kind() != Kind.TRUST_BUNDLE) {
            throw new WaybillException("wrong-kind");
        }
        byte[] payload = file.document().payload();
        List<Document> same = new ArrayList<>(List.of(file.document()));
        List<Document> news = new ArrayList<>();
        for (Document document : file.along()) {
            boolean one = document.kind() == Kind.TRUST_BUNDLE && Arrays.equals(document.payload(), payload);
            (one ? same : news).add(document);
        }
        return new TrustState(Bundle.standing(same), null).take(news);
    }

    /** FORMAT.md, "Taking news": of a file whose document is news, and of what travels along. */
    public TrustState take(WaybillFile file) throws WaybillException {
        List<Document> news = new ArrayList<>(file.along());
        news.add(0, file.document());
        TrustState state = take(news);
        if (file.document().kind() == Kind.CHECKPOINT) {
            state.verifySigned(file.document());
        }
        return state;
    }

    private TrustState take(List<Document> news) throws WaybillException {
        List<Bundle> bundles = new ArrayList<>();
        for (List<Document> documents : Bundle.gather(news)) {
            bundles.add(Bundle.standing(documents)); // 1
        }
        bundles.sort(Comparator.comparing(Bundle::number));
        TrustState state = this;
        for (Bundle next : bundles) {
            state = state.advance(next);
        }
        return state.takeLists(news);
    }

    /** FORMAT.md, "Verifying an answer". */
    public Verified verifyAnswer(WaybillFile file) throws WaybillException {
        Document document = file.document();
        if (!document.kind().isAnswer()) { // 1
            throw new WaybillException("wrong-kind");
        }
        TrustState state = take(file.along()); // 2
        Fields answer = state.verifySigned(document); // 3 to 9
        if (document.kind() == Kind.LICENSE) {
            state.requireFloor(answer.map("floor")); // 10
            if (state.list != null && contains(state.list.fields.byteStrings("licenses"), answer.bytes("id"))) { // 11
                throw new WaybillException("license-revoked");
            }
        }
        state.requireLogged(file); // 12
        return new Verified(document.kind(), answer, state);
    }

    /** "Verifying an answer", steps 3 to 9, which revocation lists and checkpoints take too. */
    private Fields verifySigned(Document document) throws WaybillException {
        Fields key = bundle.key(document.signer());
        if (key == null) { // 3
            throw new WaybillException("key-unknown");
        }
        if (!maySign(key, document.kind())) { // 4
            throw new WaybillException("key-not-for-kind");
        }
        if (!document.signatureIsBy(key.bytes("public-key"))) { // 5
            throw new WaybillException("signature");
        }
        Fields payload = Payload.decode(document); // 6
        if (!inWindow(key, payload)) { // 7
            throw new WaybillException("key-window");
        }
        if (isDistrusted(key, payload)) {
            throw new WaybillException("key-distrusted");
        }
        if (list != null) { // 8
            List<byte[]> revoked = list.fields.byteStrings("keys");
            boolean license = document.kind() == Kind.LICENSE;
            if (contains(revoked, document.signer())
                    || license && contains(revoked, payload.map("installation").bytes("thumbprint"))) {
                throw new WaybillException("key-revoked");
            }
        }
        if (payload.has("vendor") && !payload.text("vendor").equals(bundle.vendor())) { // 9
            throw new WaybillException("vendor");
        }
        return payload;
    }

    private static boolean maySign(Fields key, Kind kind) {
        return key.texts("signs").contains(kind.token());
    }

    private static boolean inWindow(Fields key, Fields payload) {
        long issued = payload.number("issued");
        return key.number("from") <= issued && issued < key.number("until");
    }

    private static boolean isDistrusted(Fields key, Fields payload) {
        return key.has("distrusted-since") && payload.number("issued") >= key.number("distrusted-since");
    }

    private void requireFloor(Fields floor) throws WaybillException {
        if (bundle.number() < floor.number("bundle")) {
            throw new WaybillException("floor-bundle");
        }
        if (listNumber() < floor.number("revocations")) {
            throw new WaybillException("floor-revocations");
        }
    }

    /** Step 12: checkpoints that travel along are good, and lead to the answer where it claims so. */
    private void requireLogged(WaybillFile file) throws WaybillException {
        List<Fields> checkpoints = new ArrayList<>();
        for (Document document : file.along()) {
            if (document.kind() == Kind.CHECKPOINT) {
                checkpoints.add(verifySigned(document));
            }
        }
        Proof proof = file.proof();
        if (proof == null) {
            return;
        }
        Optional<Fields> ofItsSize = checkpoints.stream().filter(one -> one.number("size") == proof.size()).findFirst();
        if (ofItsSize.isEmpty()) {
            throw new WaybillException("proof-without-checkpoint");
        }
        if (!proof.leads(file.document(), ofItsSize.get().bytes("root"))) {
            throw new WaybillException("proof-mismatch");
        }
    }

    /** "Taking news", steps 2 to 5. */
    private TrustState advance(Bundle next) throws WaybillException {
        if (!next.vendor().equals(bundle.vendor())) { // 2
            throw new WaybillException("vendor");
        }
        if (next.number() < bundle.number()) {
            return this;
        }
        if (next.number() == bundle.number()) {
            if (!Arrays.equals(next.payload(), bundle.payload())) {
                throw new WaybillException("trust-fork");
            }
            return this;
        }
        if (next.number() != bundle.number() + 1) { // 3
            throw new WaybillException("trust-gap");
        }
        if (!Arrays.equals(next.fields().bytes("previous"), Hash.sha256(bundle.payload()))) {
            throw new WaybillException("trust-fork");
        }
        next.requireSignatures(bundle); // 4
        return new TrustState(next, keepsList(next) ? list : null);
    }

    /** Whether the key that signed the list could do so under that bundle too. */
    private boolean keepsList(Bundle next) {
        if (list == null) {
            return false;
        }
        Fields key = next.key(list.document.signer());
        return key != null
                && maySign(key, Kind.REVOCATION_LIST)
                && inWindow(key, list.fields)
                && !isDistrusted(key, list.fields);
    }

    /** "Taking news", step 6: all are judged with the list that is held, and each number belongs to one list. */
    private TrustState takeLists(List<Document> news) throws WaybillException {
        List<RevocationList> lists = new ArrayList<>();
        if (list != null) {
            lists.add(list);
        }
        for (Document document : news) {
            if (document.kind() != Kind.REVOCATION_LIST || list != null && document.equals(list.document)) {
                continue;
            }
            lists.add(new RevocationList(document, verifySigned(document)));
        }
        for (RevocationList one : lists) {
            if (lists.stream().anyMatch(one::contradicts)) {
                throw new WaybillException("revocation-fork");
            }
        }
        return new TrustState(bundle, lists.stream().max(Comparator.comparing(RevocationList::number)).orElse(null));
    }

    private long listNumber() {
        return list == null ? 0 : list.number();
    }

    private static boolean contains(List<byte[]> list, byte[] wanted) {
        return list.stream().anyMatch(one -> Arrays.equals(one, wanted));
    }
}
