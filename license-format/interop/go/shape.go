package waybill

import "regexp"

// A shape is a rule of waybill.cddl: how well an item has the type and the values that the schema gives it.
type shape func(item any) fit

// A fit goes from good to bad. A map or list fits as badly as its worst part.
type fit int

const (
	good   fit = iota
	beyond     // of the right type, but a number or a count is beyond a bound that the kind sets
	wrong
)

func (f fit) or(other fit) fit {
	if other > f {
		return other
	}
	return f
}

func wrongUnless(ok bool) fit {
	if ok {
		return good
	}
	return wrong
}

func beyondUnless(ok bool) fit {
	if ok {
		return good
	}
	return beyond
}

var (
	number    = numberUpTo(maxInteger)
	positive  = bounded(1, maxInteger)
	timePoint = numberUpTo(253402300799)
	period    = bounded(0, 316224000)

	id        = bytesOf(16)
	hash      = bytesOf(32)
	publicKey = bytesOf(keyLength)

	label     = textThat(isLabel)
	token     = textThat(regexp.MustCompile(`^[a-z0-9._-]{1,64}$`).MatchString)
	siteCode  = textThat(isSiteCode)
	lastGroup = textThat(regexp.MustCompile(`^[0-9A-HJKMNP-TV-Z]{5}$`).MatchString)
)

func flag(item any) fit {
	_, ok := item.(bool)
	return wrongUnless(ok)
}

func numberUpTo(most int64) shape {
	return func(item any) fit {
		n, ok := item.(int64)
		return wrongUnless(ok && 0 <= n && n <= most)
	}
}

func bounded(least, most int64) shape {
	return func(item any) fit {
		if number(item) != good {
			return wrong
		}
		n := item.(int64)
		return beyondUnless(least <= n && n <= most)
	}
}

func bytesOf(length int) shape {
	return func(item any) fit {
		b, ok := item.([]byte)
		return wrongUnless(ok && len(b) == length)
	}
}

func textThat(fits func(string) bool) shape {
	return func(item any) fit {
		text, ok := item.(string)
		return wrongUnless(ok && fits(text))
	}
}

func oneOf(texts ...string) shape {
	return textThat(func(text string) bool { return contains(texts, text) })
}

func either(shapes ...shape) shape {
	return func(item any) fit {
		best := wrong
		for _, s := range shapes {
			if f := s(item); f < best {
				best = f
			}
		}
		return best
	}
}

func listOf(least, most int, each shape) shape {
	return func(item any) fit {
		list, ok := item.([]any)
		if !ok {
			return wrong
		}
		f := beyondUnless(least <= len(list) && len(list) <= most)
		for _, part := range list {
			f = f.or(each(part))
		}
		return f
	}
}

// tableOf is a map whose keys are tokens of the writer's choice.
func tableOf(most int, each shape) shape {
	return func(item any) fit {
		table, ok := item.(map[string]any)
		if !ok {
			return wrong
		}
		f := beyondUnless(len(table) <= most)
		for key, value := range table {
			f = f.or(token(key)).or(each(value))
		}
		return f
	}
}

type field struct {
	name     string
	required bool
	shape    shape
}

func required(name string, s shape) field { return field{name, true, s} }
func optional(name string, s shape) field { return field{name, false, s} }

func mapOf(known ...field) shape {
	return func(item any) fit {
		m, ok := item.(map[string]any)
		if !ok {
			return wrong
		}
		f, present := good, 0
		for _, field := range known {
			if value, there := m[field.name]; there {
				present++
				f = f.or(field.shape(value))
			} else if field.required {
				return wrong
			}
		}
		return f.or(wrongUnless(present == len(m)))
	}
}
