package waybill

import (
	"regexp"
	"strings"
	"unicode"
)

const (
	maxLabel = 200

	// armouredStart is how the base 64 of every file begins.
	armouredStart = "2dn3"
	fiveDashes    = "-----"
)

// invisible is what shows nothing, or turns the writing direction: FORMAT.md, "Conventions".
var invisible = &unicode.RangeTable{
	R16: []unicode.Range16{
		{0x00ad, 0x00ad, 1}, {0x061c, 0x061c, 1}, {0x180e, 0x180e, 1}, {0x200b, 0x200f, 1}, {0x2028, 0x202e, 1},
		{0x2060, 0x206f, 1}, {0xfeff, 0xfeff, 1}, {0xfff9, 0xfffb, 1},
	},
	R32: []unicode.Range32{{0xe0000, 0xe007f, 1}},
}

// isLabel is FORMAT.md, "Conventions": a text for people.
func isLabel(text string) bool {
	if len(text) < 1 || len(text) > maxLabel || strings.TrimFunc(text, unicode.IsSpace) != text {
		return false
	}
	for _, r := range text {
		if unicode.IsControl(r) || unicode.Is(invisible, r) {
			return false
		}
	}
	for _, word := range words(text) {
		if strings.HasPrefix(word, armouredStart) {
			return false
		}
	}
	return !strings.Contains(text, fiveDashes)
}

var siteCodeLetters = regexp.MustCompile(`^[A-Z0-9]{3}$`)

// isSiteCode is FORMAT.md, "Conventions": ConfigMgr's three letters.
func isSiteCode(text string) bool {
	return siteCodeLetters.MatchString(text) && !contains([]string{"AUX", "CON", "NUL", "PRN"}, text)
}

// words is FORMAT.md, "Armour", step 2: the words of a text, without the marks of quoting.
func words(text string) []string {
	var words []string
	for _, word := range strings.FieldsFunc(text, unicode.IsSpace) {
		if word = strings.TrimLeft(word, ">"); word != "" {
			words = append(words, word)
		}
	}
	return words
}
