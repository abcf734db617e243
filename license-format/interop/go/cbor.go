package waybill

import (
	"bytes"
	"unicode/utf8"
)

// The major types of CBOR.
const (
	majorUnsigned = iota
	majorNegative
	majorBytes
	majorText
	majorArray
	majorMap
	majorTag
	majorSimple
)

const (
	simpleFalse = 20
	simpleTrue  = 21

	maxLevels  = 8
	maxItems   = 10_000
	maxInteger = 1<<53 - 1
)

// A head is the start of an item.
type head struct {
	major    byte
	argument uint64
}

// A reader is FORMAT.md, "CBOR profile". It reads from the first byte to the last, and the first rule that is broken
// gives the code. What the items mean is no concern of it.
type reader struct {
	rest  []byte
	items int
}

// decodeItem gives the one item that the bytes are, as int64, []byte, string, bool, []any or map[string]any.
func decodeItem(data []byte) (any, error) {
	r := &reader{rest: data}
	item, err := r.item()
	if err != nil {
		return nil, err
	}
	return item, r.end()
}

// item reads an item of the profile. The limits for levels and items begin anew with it.
func (r *reader) item() (any, error) {
	r.items = 0
	return r.value(1)
}

// end refuses whatever is left.
func (r *reader) end() error {
	if len(r.rest) > 0 {
		return Refusal("cbor-trailing")
	}
	return nil
}

// head reads the head of an item, tags among them: definite, with an argument that is a whole number, and the shortest.
func (r *reader) head() (head, error) {
	initial, err := r.take(1)
	if err != nil {
		return head{}, err
	}
	major, info := initial[0]>>5, initial[0]&31
	switch {
	case info < 24:
		return head{major, uint64(info)}, nil
	case info == 31:
		return head{}, Refusal("cbor-indefinite")
	case info > 27:
		return head{}, Refusal("cbor-reserved")
	case major == majorSimple && info == 24:
		return head{}, Refusal("cbor-simple")
	case major == majorSimple:
		return head{}, Refusal("cbor-float")
	}
	width := 1 << (info - 24)
	parts, err := r.take(uint64(width))
	if err != nil {
		return head{}, err
	}
	var argument uint64
	for _, part := range parts {
		argument = argument<<8 | uint64(part)
	}
	shorter := uint64(24)
	if width > 1 {
		shorter = 1 << (4 * width)
	}
	if argument < shorter {
		return head{}, Refusal("cbor-long-head")
	}
	return head{major, argument}, nil
}

// expect reads a head that must be exactly this, and else refuses with that code.
func (r *reader) expect(major byte, argument uint64, code Refusal) error {
	h, err := r.head()
	if err == nil && h != (head{major, argument}) {
		err = code
	}
	return err
}

// expectMajor reads a head of that type, and else refuses with that code.
func (r *reader) expectMajor(major byte, code Refusal) (head, error) {
	h, err := r.head()
	if err == nil && h.major != major {
		err = code
	}
	return h, err
}

// byteString reads a byte string, and else refuses with that code.
func (r *reader) byteString(code Refusal) ([]byte, error) {
	h, err := r.expectMajor(majorBytes, code)
	if err != nil {
		return nil, err
	}
	return r.take(h.argument)
}

// text reads the content of a text.
func (r *reader) text(h head) (string, error) {
	content, err := r.take(h.argument)
	if err != nil {
		return "", err
	}
	if !utf8.Valid(content) {
		return "", Refusal("cbor-utf8")
	}
	return string(content), nil
}

// countOf reads the head of an array or map with one part to so many, and else refuses with that code.
func (r *reader) countOf(major byte, most uint64, code Refusal) (int, error) {
	h, err := r.expectMajor(major, code)
	if err == nil && (h.argument < 1 || h.argument > most) {
		err = code
	}
	return int(h.argument), err
}

// count gives the number of items of an array, or of pairs of a map.
func (r *reader) count(h head) (int, error) {
	most := uint64(len(r.rest))
	if h.major == majorMap {
		most /= 2
	}
	if h.argument > most {
		return 0, Refusal("cbor-truncated")
	}
	return int(h.argument), nil
}

// key reads the key of a map's next pair. It gives its bytes too, which must sort behind those of the key before.
func (r *reader) key(before []byte) (key string, encoded []byte, err error) {
	return r.anyKey(before, utf8.Valid)
}

// containerKey reads a key of the container, which may be no UTF-8.
func (r *reader) containerKey(before []byte) (key string, encoded []byte, err error) {
	return r.anyKey(before, func([]byte) bool { return true })
}

func (r *reader) anyKey(before []byte, valid func([]byte) bool) (key string, encoded []byte, err error) {
	start := r.rest
	h, err := r.countedHead()
	if err != nil {
		return "", nil, err
	}
	if h.major != majorText {
		return "", nil, Refusal("cbor-key-type")
	}
	content, err := r.take(h.argument)
	if err != nil {
		return "", nil, err
	}
	if !valid(content) {
		return "", nil, Refusal("cbor-utf8")
	}
	encoded = start[:len(start)-len(r.rest)]
	switch order := bytes.Compare(before, encoded); {
	case order == 0:
		return "", nil, Refusal("cbor-duplicate-key")
	case order > 0:
		return "", nil, Refusal("cbor-unsorted-keys")
	}
	return string(content), encoded, nil
}

func (r *reader) value(level int) (any, error) {
	h, err := r.countedHead()
	if err != nil {
		return nil, err
	}
	switch h.major {
	case majorUnsigned:
		return integer(h.argument, maxInteger)
	case majorNegative:
		argument, err := integer(h.argument, maxInteger-1)
		return -1 - argument, err
	case majorBytes:
		return r.take(h.argument)
	case majorText:
		return r.text(h)
	case majorArray:
		return r.array(h, level)
	case majorMap:
		return r.mapping(h, level)
	case majorTag:
		return nil, Refusal("cbor-tag")
	}
	if h.argument != simpleFalse && h.argument != simpleTrue {
		return nil, Refusal("cbor-simple")
	}
	return h.argument == simpleTrue, nil
}

func integer(argument, most uint64) (int64, error) {
	if argument > most {
		return 0, Refusal("cbor-integer-range")
	}
	return int64(argument), nil
}

func (r *reader) array(h head, level int) (any, error) {
	count, err := r.countWithin(h, level)
	if err != nil {
		return nil, err
	}
	array := []any{}
	for i := 0; i < count; i++ {
		item, err := r.value(level + 1)
		if err != nil {
			return nil, err
		}
		array = append(array, item)
	}
	return array, nil
}

func (r *reader) mapping(h head, level int) (any, error) {
	count, err := r.countWithin(h, level)
	if err != nil {
		return nil, err
	}
	mapping := map[string]any{}
	var before []byte
	for i := 0; i < count; i++ {
		key, encoded, err := r.key(before)
		if err != nil {
			return nil, err
		}
		if mapping[key], err = r.value(level + 1); err != nil {
			return nil, err
		}
		before = encoded
	}
	return mapping, nil
}

// countWithin gives the count of an array or map that is not a level too deep.
func (r *reader) countWithin(h head, level int) (int, error) {
	count, err := r.count(h)
	if err == nil && level > maxLevels {
		err = Refusal("cbor-too-deep")
	}
	return count, err
}

// countedHead reads the head of an item that is not one too many.
func (r *reader) countedHead() (head, error) {
	h, err := r.head()
	if err != nil {
		return head{}, err
	}
	r.items++
	if r.items > maxItems {
		return head{}, Refusal("cbor-too-many-items")
	}
	return h, nil
}

func (r *reader) take(length uint64) ([]byte, error) {
	if length > uint64(len(r.rest)) {
		return nil, Refusal("cbor-truncated")
	}
	taken := r.rest[:length]
	r.rest = r.rest[length:]
	return taken, nil
}
