package waybill

// Fields is a map whose shape was checked: a field that must be there is there, and each is of its type. What the fields
// are is said by waybill.cddl.
type Fields map[string]any

func fieldsOf(item any) Fields { return item.(map[string]any) }

// Has says whether there is a field of that name, which only an optional one may lack.
func (f Fields) Has(name string) bool {
	_, present := f[name]
	return present
}

func (f Fields) Number(name string) int64 { return f[name].(int64) }
func (f Fields) Flag(name string) bool    { return f[name].(bool) }
func (f Fields) Text(name string) string  { return f[name].(string) }
func (f Fields) Bytes(name string) []byte { return f[name].([]byte) }
func (f Fields) Map(name string) Fields   { return fieldsOf(f[name]) }
func (f Fields) Maps(name string) []Fields {
	return each(f.list(name), fieldsOf)
}
func (f Fields) Texts(name string) []string {
	return each(f.list(name), func(item any) string { return item.(string) })
}
func (f Fields) ByteStrings(name string) [][]byte {
	return each(f.list(name), func(item any) []byte { return item.([]byte) })
}

func (f Fields) list(name string) []any { return f[name].([]any) }

func (f Fields) thumbprint(name string) (t thumbprint) {
	copy(t[:], f.Bytes(name))
	return t
}

func each[T any](list []any, as func(any) T) []T {
	all := make([]T, len(list))
	for i, item := range list {
		all[i] = as(item)
	}
	return all
}

func contains[T comparable](list []T, wanted T) bool {
	for _, item := range list {
		if item == wanted {
			return true
		}
	}
	return false
}
