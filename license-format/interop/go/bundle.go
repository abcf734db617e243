package waybill

import "crypto/sha256"

// A bundle is one payload, and all documents of a file that have it, each with a signature.
type bundle struct {
	payload   []byte
	fields    Fields
	documents []*Document
}

// gatherBundles gives the trust bundles among these documents, in their order: those of each payload.
func gatherBundles(documents []*Document) [][]*Document {
	var bundles [][]*Document
	places := map[string]int{}
	for _, document := range documents {
		if document.Kind != TrustBundle {
			continue
		}
		place, known := places[string(document.payload)]
		if !known {
			place = len(bundles)
			places[string(document.payload)] = place
			bundles = append(bundles, nil)
		}
		bundles[place] = append(bundles[place], document)
	}
	return bundles
}

// standingBundle gives the bundle that these documents of one payload are: FORMAT.md, "Pinning a trust bundle", steps 2
// to 4.
func standingBundle(documents []*Document) (*bundle, error) {
	f, err := documents[0].decode()
	if err != nil {
		return nil, err
	}
	b := &bundle{documents[0].payload, f, documents}
	for _, root := range b.roots() {
		if err := checkKey(root); err != nil {
			return nil, err
		}
	}
	for _, key := range f.Maps("keys") {
		if err := checkKey(key.Bytes("public-key")); err != nil {
			return nil, err
		}
	}
	if err := b.checkSignatures(b); err != nil {
		return nil, err
	}
	return b, nil
}

// checkSignatures says whether enough root keys of that bundle, which may be this one, signed this one, and those that
// did did well.
func (b *bundle) checkSignatures(rule *bundle) error {
	signed := map[thumbprint]bool{}
	for _, document := range b.documents {
		for _, root := range rule.roots() {
			if thumbprintOf(root) != document.signer {
				continue
			}
			if !document.signatureIsBy(root) {
				return Refusal("signature")
			}
			signed[document.signer] = true
		}
	}
	if int64(len(signed)) < rule.fields.Number("threshold") {
		return Refusal("trust-threshold")
	}
	return nil
}

func (b *bundle) number() int64   { return b.fields.Number("number") }
func (b *bundle) vendor() string  { return b.fields.Text("vendor") }
func (b *bundle) roots() [][]byte { return b.fields.ByteStrings("roots") }

// follows says whether `previous` names that bundle.
func (b *bundle) follows(before *bundle) bool {
	return b.fields.thumbprint("previous") == sha256.Sum256(before.payload)
}

// key gives the entry of the key with that thumbprint. A root key is none of these.
func (b *bundle) key(signer thumbprint) (key Fields, known bool) {
	for _, key := range b.fields.Maps("keys") {
		if thumbprintOf(key.Bytes("public-key")) == signer {
			return key, true
		}
	}
	return nil, false
}

// maySign says whether the key of that entry may sign that kind.
func maySign(key Fields, kind Kind) bool {
	return contains(key.Texts("signs"), string(kind))
}

// checkWindow says whether the key of that entry could sign at that instant.
func checkWindow(key Fields, issued int64) error {
	switch {
	case issued < key.Number("from") || issued >= key.Number("until"):
		return Refusal("key-window")
	case key.Has("distrusted-since") && issued >= key.Number("distrusted-since"):
		return Refusal("key-distrusted")
	}
	return nil
}
