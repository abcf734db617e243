package waybill

import "strings"

// Kind is one of the closed list of FORMAT.md, "Payloads".
type Kind string

const (
	ActivationRequest   Kind = "activation-request"
	RefreshRequest      Kind = "refresh-request"
	DeactivationRequest Kind = "deactivation-request"
	License             Kind = "license"
	DeactivationReceipt Kind = "deactivation-receipt"
	RefusalAnswer       Kind = "refusal"
	TrustBundle         Kind = "trust-bundle"
	RevocationList      Kind = "revocation-list"
	Checkpoint          Kind = "checkpoint"
	SupportBundle       Kind = "support-bundle"
)

var kinds = []Kind{
	ActivationRequest, RefreshRequest, DeactivationRequest,
	License, DeactivationReceipt, RefusalAnswer,
	TrustBundle, RevocationList, Checkpoint,
	SupportBundle,
}

// known says whether this version of the format has the kind.
func (k Kind) known() bool {
	for _, kind := range kinds {
		if k == kind {
			return true
		}
	}
	return false
}

func (k Kind) isRequest() bool {
	return k == ActivationRequest || k == RefreshRequest || k == DeactivationRequest
}

func (k Kind) isAnswer() bool {
	return k == License || k == DeactivationReceipt || k == RefusalAnswer
}

func (k Kind) isNews() bool {
	return k == TrustBundle || k == RevocationList || k == Checkpoint
}

// takesAlong is FORMAT.md, "The file": what may travel along with a document of this kind.
func (k Kind) takesAlong(other Kind) bool {
	if k.isRequest() {
		return other == License
	}
	return other.isNews()
}

// label is how the BEGIN and END lines of armour name the kind.
func (k Kind) label() string {
	return strings.ToUpper(strings.ReplaceAll(string(k), "-", " "))
}

// kindOfType gives the kind that a `typ` header names.
func kindOfType(typ string) (Kind, bool) {
	const start, end = "application/vnd.waybill.", "+cose"
	if !strings.HasPrefix(typ, start) || !strings.HasSuffix(typ, end) || len(typ) < len(start)+len(end) {
		return "", false
	}
	kind := Kind(typ[len(start) : len(typ)-len(end)])
	return kind, kind.known()
}
