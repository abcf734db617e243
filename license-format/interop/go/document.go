package waybill

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"strings"
)

const (
	maxPayload = 64 * 1024
	coseSign1  = 18
)

// A Document is FORMAT.md, "The document": a COSE_Sign1 of the profile, unverified.
type Document struct {
	Kind      Kind
	signer    thumbprint // of the key that is to have signed it
	payload   []byte     // as it arrived
	signature []byte
	signed    []byte // what the signature covers
}

// digest is that of FORMAT.md, "Conventions": a document is known by what is signed, never by the signature.
func (d *Document) digest() [sha256.Size]byte {
	return sha256.Sum256(d.signed)
}

// equals says whether that is the same document, byte for byte.
func (d *Document) equals(other *Document) bool {
	return bytes.Equal(d.signed, other.signed) && bytes.Equal(d.signature, other.signature)
}

func (d *Document) signatureIsBy(key []byte) bool {
	return verifySignature(key, d.signed, d.signature)
}

func readDocument(r *reader) (*Document, error) {
	if err := r.expect(majorTag, coseSign1, "envelope-shape"); err != nil {
		return nil, err
	}
	if err := r.expect(majorArray, 4, "envelope-shape"); err != nil {
		return nil, err
	}

	header, err := r.byteString("envelope-shape")
	if err != nil {
		return nil, err
	}
	kind, signer, err := readHeader(header)
	if err != nil {
		return nil, err
	}

	unprotected, err := r.expectMajor(majorMap, "envelope-shape")
	if err != nil {
		return nil, err
	}
	if unprotected.argument != 0 {
		return nil, Refusal("envelope-unprotected")
	}

	payload, err := r.byteString("envelope-payload")
	if err != nil {
		return nil, err
	}
	if len(payload) > maxPayload {
		return nil, Refusal("too-large")
	}

	signature, err := r.byteString("envelope-shape")
	if err != nil {
		return nil, err
	}
	if len(signature) != signatureLength {
		return nil, Refusal("envelope-signature")
	}
	return &Document{kind, signer, payload, signature, toBeSigned(header, payload)}, nil
}

// readHeader reads the protected header, whose bytes are fixed but for a thumbprint and a kind.
func readHeader(header []byte) (kind Kind, signer thumbprint, err error) {
	kind, signer, err = readHeaderItems(&reader{rest: header})
	if code, ok := err.(Refusal); ok && strings.HasPrefix(string(code), "cbor-") {
		err = Refusal("header-shape")
	}
	return kind, signer, err
}

func readHeaderItems(r *reader) (kind Kind, signer thumbprint, err error) {
	const (
		labelAlgorithm = 1
		labelKeyID     = 4
		labelType      = 16
		ed25519        = 18 // CBOR's argument of -19
	)
	if err = r.expect(majorMap, 3, "header-shape"); err != nil {
		return
	}

	if err = r.expect(majorUnsigned, labelAlgorithm, "header-shape"); err != nil {
		return
	}
	if err = r.expect(majorNegative, ed25519, "header-algorithm"); err != nil {
		return
	}

	if err = r.expect(majorUnsigned, labelKeyID, "header-shape"); err != nil {
		return
	}
	keyID, err := r.byteString("header-kid")
	if err != nil {
		return
	}
	if len(keyID) != len(signer) {
		return "", signer, Refusal("header-kid")
	}
	copy(signer[:], keyID)

	if err = r.expect(majorUnsigned, labelType, "header-shape"); err != nil {
		return
	}
	h, err := r.expectMajor(majorText, "header-shape")
	if err != nil {
		return
	}
	typ, err := r.text(h)
	if err != nil {
		return
	}
	kind, ok := kindOfType(typ)
	if !ok {
		return "", signer, Refusal("header-type")
	}
	return kind, signer, r.end()
}

// toBeSigned is COSE's Sig_structure.
func toBeSigned(header, payload []byte) []byte {
	signed := []byte("\x84\x6aSignature1")
	signed = appendByteString(signed, header)
	signed = append(signed, 0x40)
	return appendByteString(signed, payload)
}

func appendByteString(to, content []byte) []byte {
	length := len(content)
	switch {
	case length < 24:
		to = append(to, 0x40|byte(length))
	case length < 1<<8:
		to = append(to, 0x58, byte(length))
	case length < 1<<16:
		to = binary.BigEndian.AppendUint16(append(to, 0x59), uint16(length))
	default:
		to = binary.BigEndian.AppendUint32(append(to, 0x5a), uint32(length))
	}
	return append(to, content...)
}
