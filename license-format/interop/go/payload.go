package waybill

// decodePayload is FORMAT.md, "Payloads". In this order: CBOR profile, version, shape, rules.
func decodePayload(kind Kind, payload []byte) (Fields, error) {
	item, err := decodeItem(payload)
	if err != nil {
		return nil, err
	}
	m, ok := item.(map[string]any)
	if !ok {
		return nil, Refusal("payload-shape")
	}
	if version, ok := m["version"].(int64); ok && version >= 0 && version != 1 {
		return nil, Refusal("payload-version")
	}
	fit := payloadShapes[kind](m)
	if fit == wrong {
		return nil, Refusal("payload-shape")
	}
	f := fieldsOf(m)
	if fit == beyond || !rulesHold(kind, f) {
		return nil, Refusal("payload-rule")
	}
	return f, nil
}

func (d *Document) decode() (Fields, error) { return decodePayload(d.Kind, d.payload) }

var payloadShapes = map[Kind]shape{
	ActivationRequest:   activationRequest,
	RefreshRequest:      refreshRequest,
	DeactivationRequest: deactivationRequest,
	License:             license,
	DeactivationReceipt: deactivationReceipt,
	RefusalAnswer:       refusal,
	TrustBundle:         trustBundle,
	RevocationList:      revocationList,
	Checkpoint:          checkpoint,
	SupportBundle:       supportBundle,
}

// What follows is waybill.cddl, with its names and in its fields' order. Small parts first.
var (
	version     = bounded(1, 1)
	licenseType = oneOf(slots...)
	metric      = oneOf("managed-device", "concurrent-user", "computer", "user")

	chainLink = mapOf(
		required("digest", hash),
		required("counter", positive),
	)
	slotReport = mapOf(
		optional("ended", positive),
		optional("holding", chainLink),
	)
	slotReports = mapOf(
		optional("farm", slotReport),
		optional("mobile", slotReport),
		optional("desktop", slotReport),
		optional("computers", slotReport),
	)
	seenLog = mapOf(
		required("root", hash),
		required("size", positive),
	)
	chain = mapOf(
		optional("log", seenLog),
		required("open", listOf(0, 35, hash)),
		required("nonce", bytesOf(16)),
		optional("since", chainLink),
		required("slots", slotReports),
		required("record", number),
		required("counter", positive),
	)
	clockReport = mapOf(
		required("now", timePoint),
		required("high-water", timePoint),
		required("steps-back", number),
	)
	licenseKeyRef = mapOf(
		required("digest", hash),
		required("last-group", lastGroup),
	)
	installationFacts = mapOf(
		required("name", label),
		required("product", label),
		required("version", label),
		required("site-code", siteCode),
		required("public-key", publicKey),
		required("fingerprint", tableOf(8, bytesOf(16))),
		optional("site-description", label),
	)
	installationName = mapOf(
		required("name", label),
		required("site-code", siteCode),
		required("thumbprint", hash),
		optional("site-description", label),
	)
	usageLine = mapOf(
		required("from", timePoint),
		required("peak", number),
		required("used", number),
		required("until", timePoint),
		required("metric", metric),
	)
)

// Requests: signed by the installation.
var (
	activationRequest = mapOf(
		required("chain", chain),
		required("clock", clockReport),
		required("version", version),
		required("license-key", licenseKeyRef),
		required("installation", installationFacts),
		required("license-type", licenseType),
	)
	refreshRequest = mapOf(
		required("chain", chain),
		required("clock", clockReport),
		required("usage", listOf(0, 64, usageLine)),
		required("license", id),
		required("version", version),
		required("installation", installationFacts),
		required("license-type", licenseType),
	)
	deactivationRequest = mapOf(
		required("chain", chain),
		required("clock", clockReport),
		required("usage", listOf(0, 64, usageLine)),
		optional("license", id),
		required("version", version),
		required("installation", installationFacts),
		required("license-type", licenseType),
	)
)

// Answers: signed by an issuing key.
var (
	floor = mapOf(
		required("bundle", number),
		required("revocations", number),
	)
	overLimit = either(
		oneOf("notify", "refuse"),
		mapOf(required("suspend-after-days", number)),
	)
	grant = mapOf(
		required("seats", number),
		required("trial", flag),
		required("metric", metric),
		required("edition", label),
		required("features", tableOf(64, either(flag, number, label))),
		required("after-end", number),
		required("over-limit", overLimit),
		required("contract-end", timePoint),
		required("contract-start", timePoint),
	)
	license = mapOf(
		required("id", id),
		required("floor", floor),
		required("grace", period),
		required("grants", listOf(1, 4, grant)),
		required("issued", timePoint),
		required("record", number),
		required("vendor", label),
		required("answers", hash),
		required("counter", positive),
		required("product", label),
		required("version", version),
		required("good-until", timePoint),
		required("report-due", timePoint),
		optional("time-reset", timePoint),
		required("license-key", licenseKeyRef),
		required("installation", installationName),
		required("license-type", licenseType),
		required("clock-tolerance", period),
	)
	deactivationReceipt = mapOf(
		required("issued", timePoint),
		required("record", number),
		required("vendor", label),
		required("answers", hash),
		required("counter", positive),
		optional("license", id),
		required("version", version),
		required("installation", installationName),
		required("license-type", licenseType),
	)
	refusal = mapOf(
		required("code", token),
		required("says", label),
		required("final", flag),
		optional("until", timePoint),
		required("issued", timePoint),
		required("record", number),
		required("vendor", label),
		required("answers", hash),
		required("counter", positive),
		required("version", version),
		required("next-step", label),
		required("installation", hash),
		required("license-type", licenseType),
	)
)

// Trust.
var (
	// Which of the kinds a key may sign is one of the rules.
	anyKind = textThat(func(text string) bool { return Kind(text).known() })

	keyEntry = mapOf(
		required("from", timePoint),
		required("signs", listOf(1, 5, anyKind)),
		required("until", timePoint),
		required("public-key", publicKey),
		optional("distrusted-since", timePoint),
	)
	trustBundle = mapOf(
		required("keys", listOf(0, 16, keyEntry)),
		required("roots", listOf(1, 5, publicKey)),
		required("issued", timePoint),
		required("number", positive),
		required("vendor", label),
		required("version", version),
		optional("previous", hash),
		required("threshold", bounded(1, 5)),
	)
	revocationList = mapOf(
		required("keys", listOf(0, 1500, hash)),
		required("until", timePoint),
		required("issued", timePoint),
		required("number", positive),
		required("vendor", label),
		required("version", version),
		required("licenses", listOf(0, 1500, id)),
	)
	checkpoint = mapOf(
		required("root", hash),
		required("size", number),
		required("issued", timePoint),
		required("origin", label),
		required("version", version),
	)
)

// Support: signed by the installation.
var supportBundle = mapOf(
	required("clock", clockReport),
	required("lines", listOf(0, 500, label)),
	required("slots", slotReports),
	required("program", label),
	required("version", version),
	required("installation", installationName),
)
