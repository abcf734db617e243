package waybill

// VerifyRequest is FORMAT.md, "Verifying a request". It gives the payload of a request that is signed by the key that it
// carries.
func VerifyRequest(file *File) (Fields, error) {
	document := file.Document
	if !document.Kind.isRequest() { // 1
		return nil, Refusal("wrong-kind")
	}
	request, err := document.decode() // 2
	if err != nil {
		return nil, err
	}
	key := request.Map("installation").Bytes("public-key")
	if err := checkKey(key); err != nil { // 3
		return nil, err
	}
	if err := checkSigner(document, key); err != nil { // 4, 5
		return nil, err
	}
	return request, nil
}

// VerifySupportBundle is the same for a support bundle, with the key that is enrolled for its installation.
func VerifySupportBundle(file *File, enrolled []byte) (Fields, error) {
	document := file.Document
	if document.Kind != SupportBundle { // 1
		return nil, Refusal("wrong-kind")
	}
	bundle, err := document.decode() // 2
	if err != nil {
		return nil, err
	}
	if err := checkKey(enrolled); err != nil { // 3
		return nil, err
	}
	if bundle.Map("installation").thumbprint("thumbprint") != thumbprintOf(enrolled) { // 4
		return nil, Refusal("key-mismatch")
	}
	if err := checkSigner(document, enrolled); err != nil { // 4, 5
		return nil, err
	}
	return bundle, nil
}

// checkSigner is steps 4 and 5: the document names that key, which is fit, and is signed by it.
func checkSigner(document *Document, key []byte) error {
	if document.signer != thumbprintOf(key) {
		return Refusal("key-mismatch")
	}
	if !document.signatureIsBy(key) {
		return Refusal("signature")
	}
	return nil
}

// VerifyAnswer is FORMAT.md, "Verifying an answer". It gives the answer's payload, and the state that results from what
// travels along.
func (s *TrustState) VerifyAnswer(file *File) (Fields, *TrustState, error) {
	document := file.Document
	if !document.Kind.isAnswer() { // 1
		return nil, nil, Refusal("wrong-kind")
	}
	s, err := s.take(file.along) // 2
	if err != nil {
		return nil, nil, err
	}
	answer, err := s.verifySigned(document) // 3 to 9
	if err != nil {
		return nil, nil, err
	}
	if document.Kind == License {
		if err := s.checkLicense(answer); err != nil { // 10, 11
			return nil, nil, err
		}
	}
	if err := s.checkLogged(file); err != nil { // 12
		return nil, nil, err
	}
	return answer, s, nil
}

// verifySigned is "Verifying an answer", steps 3 to 9, which revocation lists and checkpoints take too.
func (s *TrustState) verifySigned(document *Document) (Fields, error) {
	key, known := s.bundle.key(document.signer)
	switch {
	case !known: // 3
		return nil, Refusal("key-unknown")
	case !maySign(key, document.Kind): // 4
		return nil, Refusal("key-not-for-kind")
	case !document.signatureIsBy(key.Bytes("public-key")): // 5
		return nil, Refusal("signature")
	}
	payload, err := document.decode() // 6
	if err != nil {
		return nil, err
	}
	if err := checkWindow(key, payload.Number("issued")); err != nil { // 7
		return nil, err
	}
	switch {
	case s.revokes(document.signer) || document.Kind == License && s.revokesInstallation(payload): // 8
		return nil, Refusal("key-revoked")
	case payload.Has("vendor") && payload.Text("vendor") != s.bundle.vendor(): // 9
		return nil, Refusal("vendor")
	}
	return payload, nil
}

// revokesInstallation says whether the newest list names the installation that a license is for.
func (s *TrustState) revokesInstallation(license Fields) bool {
	return s.revokes(license.Map("installation").thumbprint("thumbprint"))
}

// checkLicense is steps 10 and 11: what is known is new enough, and does not name the license.
func (s *TrustState) checkLicense(license Fields) error {
	floor := license.Map("floor")
	switch {
	case s.bundle.number() < floor.Number("bundle"):
		return Refusal("floor-bundle")
	case s.listNumber() < floor.Number("revocations"):
		return Refusal("floor-revocations")
	case s.revokesLicense(license.Bytes("id")):
		return Refusal("license-revoked")
	}
	return nil
}

// checkLogged is step 12: checkpoints that travel along are good, and lead to the answer where it claims so.
func (s *TrustState) checkLogged(file *File) error {
	checkpoints, err := s.verifyCheckpoints(file.along)
	if err != nil || file.proof == nil {
		return err
	}
	for _, checkpoint := range checkpoints {
		if checkpoint.Number("size") != file.proof.size {
			continue
		}
		if !file.proof.leads(file.Document, checkpoint.Bytes("root")) {
			return Refusal("proof-mismatch")
		}
		return nil
	}
	return Refusal("proof-without-checkpoint")
}

func (s *TrustState) verifyCheckpoints(documents []*Document) ([]Fields, error) {
	var checkpoints []Fields
	for _, document := range documents {
		if document.Kind != Checkpoint {
			continue
		}
		checkpoint, err := s.verifySigned(document)
		if err != nil {
			return nil, err
		}
		checkpoints = append(checkpoints, checkpoint)
	}
	return checkpoints, nil
}
