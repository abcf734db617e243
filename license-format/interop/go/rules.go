package waybill

import "bytes"

const (
	maxRevoked      = 1500
	maxSupportBytes = 48 * 1024
)

var (
	slots       = []string{"desktop", "mobile", "farm", "computers"}
	signedKinds = []Kind{License, DeactivationReceipt, RefusalAnswer, RevocationList, Checkpoint}
)

// rulesHold is FORMAT.md, "Payloads": the rules that the schema cannot state.
func rulesHold(kind Kind, payload Fields) bool {
	switch kind {
	case ActivationRequest:
		return requestRule(payload) && !ownSlot(payload).Has("holding")
	case RefreshRequest:
		return requestRule(payload) && ownSlot(payload).Has("holding") && usageRule(payload)
	case DeactivationRequest:
		return requestRule(payload) && endsItself(payload) && usageRule(payload)
	case License:
		return licenseRule(payload)
	case RefusalAnswer:
		return !(payload.Flag("final") && payload.Has("until"))
	case TrustBundle:
		return trustBundleRule(payload)
	case RevocationList:
		return revocationListRule(payload)
	case SupportBundle:
		return supportBundleRule(payload)
	default:
		return true
	}
}

func requestRule(request Fields) bool {
	chain := request.Map("chain")
	counter := chain.Number("counter")
	var since int64
	if chain.Has("since") {
		since = chain.Map("since").Number("counter")
	}
	if counter != since+int64(len(chain.list("open")))+1 {
		return false
	}
	for slot := range chain.Map("slots") {
		report := chain.Map("slots").Map(slot)
		if report.Has("ended") && report.Number("ended") > counter ||
			report.Has("holding") && report.Map("holding").Number("counter") >= counter {
			return false
		}
	}
	return slotsRule(chain.Map("slots"))
}

// slotsRule says whether each slot holds what it asked for after it ended.
func slotsRule(slots Fields) bool {
	for slot := range slots {
		report := slots.Map(slot)
		if report.Has("ended") && report.Has("holding") &&
			report.Map("holding").Number("counter") <= report.Number("ended") {
			return false
		}
	}
	return true
}

// ownSlot is the report of the slot that the request is for, empty where there is none.
func ownSlot(request Fields) Fields {
	slots, slot := request.Map("chain").Map("slots"), request.Text("license-type")
	if !slots.Has(slot) {
		return Fields{}
	}
	return slots.Map(slot)
}

func endsItself(request Fields) bool {
	report := ownSlot(request)
	return len(report) == 1 && report.Has("ended") &&
		report.Number("ended") == request.Map("chain").Number("counter")
}

func usageRule(request Fields) bool {
	for _, line := range request.Maps("usage") {
		if line.Number("from") > line.Number("until") || line.Number("used") > line.Number("peak") {
			return false
		}
	}
	return true
}

func licenseRule(license Fields) bool {
	metrics := map[string]bool{}
	var latestEnd int64
	for _, grant := range license.Maps("grants") {
		start, end, metric := grant.Number("contract-start"), grant.Number("contract-end"), grant.Text("metric")
		if start >= end || metrics[metric] {
			return false
		}
		metrics[metric] = true
		if end > latestEnd {
			latestEnd = end
		}
	}
	issued, goodUntil := license.Number("issued"), license.Number("good-until")
	return issued < goodUntil && goodUntil <= latestEnd &&
		license.Number("report-due") <= goodUntil &&
		(!license.Has("time-reset") || license.Number("time-reset") == issued)
}

func trustBundleRule(bundle Fields) bool {
	roots := bundle.ByteStrings("roots")
	keys := map[string]bool{}
	for _, root := range roots {
		keys[string(root)] = true
	}
	for _, key := range bundle.Maps("keys") {
		keys[string(key.Bytes("public-key"))] = true
		if key.Number("from") >= key.Number("until") || !inOrder(key.Texts("signs")) {
			return false
		}
	}
	return len(keys) == len(roots)+len(bundle.list("keys")) &&
		bundle.Number("threshold") <= int64(len(roots)) &&
		bundle.Has("previous") == (bundle.Number("number") != 1)
}

// inOrder says whether these are kinds that a key may sign, each once, and in the order of the list.
func inOrder(signs []string) bool {
	next := 0
	for _, kind := range signedKinds {
		if next < len(signs) && signs[next] == string(kind) {
			next++
		}
	}
	return next == len(signs)
}

func revocationListRule(list Fields) bool {
	keys, licenses := list.ByteStrings("keys"), list.ByteStrings("licenses")
	return ascends(keys) && ascends(licenses) &&
		len(keys)+len(licenses) <= maxRevoked &&
		list.Number("issued") < list.Number("until")
}

func ascends(list [][]byte) bool {
	for i := 1; i < len(list); i++ {
		if bytes.Compare(list[i-1], list[i]) >= 0 {
			return false
		}
	}
	return true
}

// supportBundleRule is FORMAT.md's for a support bundle, but for what the shape says.
func supportBundleRule(bundle Fields) bool {
	length := 0
	for _, line := range bundle.Texts("lines") {
		length += len(line)
	}
	return length <= maxSupportBytes && slotsRule(bundle.Map("slots"))
}
