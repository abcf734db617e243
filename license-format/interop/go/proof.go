package waybill

import "crypto/sha256"

// A proof says that a document is the leaf `index` of a log of `size` leaves (RFC 9162).
type proof struct {
	path        [][]byte
	size, index int64
}

var proofShape = mapOf(
	required("path", listOf(0, 53, hash)),
	required("size", number),
	required("index", number),
)

// readProof is FORMAT.md, "The file": the field `proof`.
func readProof(r *reader) (*proof, error) {
	item, err := r.item()
	if err != nil {
		return nil, err
	}
	if proofShape(item) != good {
		return nil, Refusal("container-proof")
	}
	f := fieldsOf(item)
	p := &proof{f.ByteStrings("path"), f.Number("size"), f.Number("index")}
	if p.index >= p.size {
		return nil, Refusal("container-proof")
	}
	return p, nil
}

// leads says whether the path leads from the document to the root: RFC 9162, section 2.1.3.2.
func (p *proof) leads(document *Document, root []byte) bool {
	fn, sn := p.index, p.size-1
	digest := document.digest()
	r := sha256.Sum256(append([]byte{0}, digest[:]...))
	for _, sibling := range p.path {
		if sn == 0 {
			return false
		}
		if fn&1 == 1 || fn == sn {
			r = node(sibling, r[:])
			for fn&1 == 0 && fn != 0 {
				fn >>= 1
				sn >>= 1
			}
		} else {
			r = node(r[:], sibling)
		}
		fn >>= 1
		sn >>= 1
	}
	return sn == 0 && string(r[:]) == string(root)
}

func node(left, right []byte) [sha256.Size]byte {
	return sha256.Sum256(append(append([]byte{1}, left...), right...))
}
