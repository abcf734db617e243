package waybill

import (
	"bytes"
	"sort"
)

// A TrustState is what is trusted. It never changes: taking news gives a new one, and a failure none.
type TrustState struct {
	bundle *bundle
	list   *knownList // nil where there is none yet
}

type knownList struct {
	document *Document
	fields   Fields
}

// Pin is FORMAT.md, "Pinning a trust bundle".
func Pin(file *File) (*TrustState, error) {
	if file.Document.Kind != TrustBundle { // 1
		return nil, Refusal("wrong-kind")
	}
	same, news := []*Document{file.Document}, []*Document{}
	for _, document := range file.along {
		if document.Kind == TrustBundle && bytes.Equal(document.payload, file.Document.payload) {
			same = append(same, document)
		} else {
			news = append(news, document)
		}
	}
	pinned, err := standingBundle(same) // 2 to 4
	if err != nil {
		return nil, err
	}
	return (&TrustState{bundle: pinned}).take(news) // 5
}

// Take is FORMAT.md, "Taking news": of a file whose document is news, and of what travels along.
func (s *TrustState) Take(file *File) (*TrustState, error) {
	s, err := s.take(append([]*Document{file.Document}, file.along...))
	if err != nil {
		return nil, err
	}
	if file.Document.Kind == Checkpoint {
		if _, err := s.verifySigned(file.Document); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// take takes the trust bundles and revocation lists among these documents.
func (s *TrustState) take(news []*Document) (*TrustState, error) {
	var bundles []*bundle
	for _, documents := range gatherBundles(news) {
		next, err := standingBundle(documents) // 1
		if err != nil {
			return nil, err
		}
		bundles = append(bundles, next)
	}
	sort.SliceStable(bundles, func(i, j int) bool { return bundles[i].number() < bundles[j].number() })
	for _, next := range bundles {
		var err error
		if s, err = s.advance(next); err != nil {
			return nil, err
		}
	}
	return s.takeLists(news)
}

// advance is "Taking news", steps 2 to 5.
func (s *TrustState) advance(next *bundle) (*TrustState, error) {
	switch { // 2
	case next.vendor() != s.bundle.vendor():
		return nil, Refusal("vendor")
	case next.number() < s.bundle.number():
		return s, nil
	case next.number() == s.bundle.number() && bytes.Equal(next.payload, s.bundle.payload):
		return s, nil
	case next.number() == s.bundle.number():
		return nil, Refusal("trust-fork")
	}
	switch { // 3
	case next.number() != s.bundle.number()+1:
		return nil, Refusal("trust-gap")
	case !next.follows(s.bundle):
		return nil, Refusal("trust-fork")
	}
	if err := next.checkSignatures(s.bundle); err != nil { // 4
		return nil, err
	}
	if s.list != nil && !s.list.heldBy(next) { // 5
		return &TrustState{bundle: next}, nil
	}
	return &TrustState{next, s.list}, nil
}

func (l *knownList) number() int64 { return l.fields.Number("number") }

// contradicts says whether that is another document with the same number.
func (l *knownList) contradicts(other *knownList) bool {
	return l.number() == other.number() && l.document.digest() != other.document.digest()
}

// heldBy says whether the key that signed the list could do so under that bundle too.
func (l *knownList) heldBy(b *bundle) bool {
	key, known := b.key(l.document.signer)
	return known && maySign(key, RevocationList) && checkWindow(key, l.fields.Number("issued")) == nil
}

// takeLists is "Taking news", step 6: all are judged with the list that is held, and each number belongs to one list.
func (s *TrustState) takeLists(news []*Document) (*TrustState, error) {
	var lists []*knownList
	if s.list != nil {
		lists = append(lists, s.list)
	}
	for _, document := range news {
		if document.Kind != RevocationList || s.list != nil && document.equals(s.list.document) {
			continue
		}
		list, err := s.verifySigned(document)
		if err != nil {
			return nil, err
		}
		lists = append(lists, &knownList{document, list})
	}
	newest := s.list
	for i, list := range lists {
		for _, other := range lists[:i] {
			if list.contradicts(other) {
				return nil, Refusal("revocation-fork")
			}
		}
		if newest == nil || newest.number() < list.number() {
			newest = list
		}
	}
	return &TrustState{s.bundle, newest}, nil
}

// revokes says whether the newest list names that key.
func (s *TrustState) revokes(key thumbprint) bool {
	if s.list == nil {
		return false
	}
	for _, revoked := range s.list.fields.ByteStrings("keys") {
		if bytes.Equal(revoked, key[:]) {
			return true
		}
	}
	return false
}

func (s *TrustState) revokesLicense(id []byte) bool {
	if s.list == nil {
		return false
	}
	for _, revoked := range s.list.fields.ByteStrings("licenses") {
		if bytes.Equal(revoked, id) {
			return true
		}
	}
	return false
}

func (s *TrustState) listNumber() int64 {
	if s.list == nil {
		return 0
	}
	return s.list.number()
}
