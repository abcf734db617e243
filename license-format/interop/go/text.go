package waybill

import (
	"bytes"
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

const (
	maxText       = 830_120
	maxQR         = 4296
	maxLabelWords = 3

	qrStart       = "WAYBILL:"
	blockName     = "WAYBILL"
	blockBegin    = "-----BEGIN"
	blockEnd      = "-----END"
	byteOrderMark = "\ufeff"
)

// readText reads the two spellings of a file as text: FORMAT.md, "Armour" and "QR text".
func readText(data []byte) (*File, error) {
	if len(data) > maxText {
		return nil, Refusal("too-large")
	}
	text, err := decodeText(data)
	if err != nil {
		return nil, err
	}
	if strings.HasPrefix(strings.TrimLeftFunc(text, unicode.IsSpace), qrStart) {
		return readQR(withoutSpace(text))
	}
	return readArmour(words(text))
}

// decodeText is "Armour", step 1.
func decodeText(data []byte) (string, error) {
	text, good := string(data), utf8.Valid(data)
	if order := byteOrder(data); order != nil {
		units := make([]uint16, len(data)/2)
		for i := range units {
			units[i] = order.Uint16(data[2*i:])
		}
		text, good = string(utf16.Decode(units)), len(data)%2 == 0 && pairsAreWhole(units)
	}
	switch {
	case good:
		return strings.TrimPrefix(text, byteOrderMark), nil
	case strings.Contains(text, blockBegin+" "+blockName+" "):
		return "", Refusal("armour-encoding")
	default:
		return "", Refusal("not-waybill")
	}
}

// byteOrder tells that of UTF-16, and is nil for UTF-8.
func byteOrder(data []byte) binary.ByteOrder {
	switch {
	case data[0] == 0, bytes.HasPrefix(data, []byte("\xfe\xff")):
		return binary.BigEndian
	case len(data) > 1 && data[1] == 0, bytes.HasPrefix(data, []byte("\xff\xfe")):
		return binary.LittleEndian
	default:
		return nil
	}
}

// pairsAreWhole says whether every surrogate has its other half, which utf16.Decode does not.
func pairsAreWhole(units []uint16) bool {
	for i := 0; i < len(units); i++ {
		if !utf16.IsSurrogate(rune(units[i])) {
			continue
		}
		if i+1 == len(units) || utf16.DecodeRune(rune(units[i]), rune(units[i+1])) == unicode.ReplacementChar {
			return false
		}
		i++
	}
	return true
}

// readArmour is "Armour", steps 3 to 7.
func readArmour(words []string) (*File, error) {
	start := find(words, blockBegin, 0)
	if start < 0 {
		return nil, Refusal("not-waybill")
	}
	if find(words, blockBegin, start+1) >= 0 {
		return nil, Refusal("armour-several-blocks")
	}

	label, ok := labelOf(words[start+2:])
	if !ok {
		return nil, Refusal("armour-no-end")
	}
	words = words[start+2+len(label):]
	stop := find(words, blockEnd, 0)
	if stop < 0 {
		return nil, Refusal("armour-no-end")
	}
	endLabel, ok := labelOf(words[stop+2:])
	if !ok {
		return nil, Refusal("armour-no-end")
	}
	if strings.Join(label, " ") != strings.Join(endLabel, " ") {
		return nil, Refusal("armour-label")
	}

	words = words[:stop]
	split := 0
	for split < len(words) && !strings.HasPrefix(words[split], armouredStart) {
		split++
	}
	data, err := base64.StdEncoding.Strict().DecodeString(strings.Join(words[split:], ""))
	if err != nil || len(data) == 0 {
		return nil, Refusal("armour-base64")
	}
	file, err := readBinary(data)
	if err != nil {
		return nil, err
	}
	kind := file.Document.Kind
	if strings.Join(label, " ") != kind.label()+fiveDashes {
		return nil, Refusal("armour-label")
	}
	payload, err := file.Document.decode()
	if err != nil {
		return nil, err
	}
	if !sameWords(words[:split], readableLines(kind, payload)) {
		return nil, Refusal("armour-readable")
	}
	return file, nil
}

// find gives the place of the two words that begin or end a block, or -1.
func find(words []string, first string, from int) int {
	for i := from; i+1 < len(words); i++ {
		if words[i] == first && words[i+1] == blockName {
			return i
		}
	}
	return -1
}

// labelOf gives the words of the label with which these begin, of which the last has five dashes.
func labelOf(words []string) ([]string, bool) {
	for i := 0; i < len(words) && i < maxLabelWords; i++ {
		if strings.HasSuffix(words[i], fiveDashes) {
			return words[:i+1], true
		}
	}
	return nil, false
}

func sameWords(found, lines []string) bool {
	made := words(strings.Join(lines, " "))
	if len(found) != len(made) {
		return false
	}
	for i := range made {
		if found[i] != made[i] {
			return false
		}
	}
	return true
}

// readQR is "QR text". Go's decoder takes what is left over of the last character, whatever it is, and skips line ends,
// of which none are left: what is canonical encodes to itself.
func readQR(text string) (*File, error) {
	if utf8.RuneCountInString(text) > maxQR {
		return nil, Refusal("too-large")
	}
	encoding := base32.StdEncoding.WithPadding(base32.NoPadding)
	encoded := strings.TrimPrefix(text, qrStart)
	data, err := encoding.DecodeString(encoded)
	if err != nil || encoding.EncodeToString(data) != encoded {
		return nil, Refusal("qr-base32")
	}
	return readBinary(data)
}

func withoutSpace(text string) string {
	return strings.Join(strings.FieldsFunc(text, unicode.IsSpace), "")
}
