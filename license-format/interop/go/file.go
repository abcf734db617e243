package waybill

import "bytes"

const (
	maxFile       = 256 * 1024
	maxAlong      = 23
	selfDescribed = 55799
)

var fileStart = []byte("\xd9\xd9\xf7")

// A File is FORMAT.md, "The file": what it is about and what travels along, all of it unverified.
type File struct {
	Document *Document
	along    []*Document
	proof    *proof // nil where there is none
}

// ReadFile reads what a person brought: the file itself, or one of its spellings as text.
func ReadFile(brought []byte) (*File, error) {
	switch {
	case len(brought) == 0:
		return nil, Refusal("empty")
	case bytes.HasPrefix(brought, fileStart):
		return readBinary(brought)
	default:
		return readText(brought)
	}
}

func readBinary(data []byte) (*File, error) {
	if len(data) > maxFile {
		return nil, Refusal("too-large")
	}
	if !bytes.HasPrefix(data, fileStart) {
		return nil, Refusal("not-waybill")
	}
	r := &reader{rest: data}
	if err := r.expect(majorTag, selfDescribed, "not-waybill"); err != nil {
		return nil, err
	}
	file, err := readContainer(r)
	if err != nil {
		return nil, err
	}
	if err := r.end(); err != nil {
		return nil, err
	}
	if file.Document == nil {
		return nil, Refusal("container-shape")
	}
	for _, document := range file.along {
		if !file.Document.Kind.takesAlong(document.Kind) {
			return nil, Refusal("container-trust")
		}
	}
	return file, nil
}

func readContainer(r *reader) (*File, error) {
	count, err := r.countOf(majorMap, 3, "container-shape")
	if err != nil {
		return nil, err
	}

	file := &File{}
	var before []byte
	for i := 0; i < count; i++ {
		key, encoded, err := r.containerKey(before)
		if err != nil {
			return nil, err
		}
		switch key {
		case "proof":
			file.proof, err = readProof(r)
		case "trust":
			file.along, err = readAlong(r)
		case "document":
			file.Document, err = readDocument(r)
		default:
			err = Refusal("container-shape")
		}
		if err != nil {
			return nil, err
		}
		before = encoded
	}
	return file, nil
}

func readAlong(r *reader) ([]*Document, error) {
	count, err := r.countOf(majorArray, maxAlong, "container-trust")
	if err != nil {
		return nil, err
	}
	var along []*Document
	for i := 0; i < count; i++ {
		document, err := readDocument(r)
		if err != nil {
			return nil, err
		}
		along = append(along, document)
	}
	return along, nil
}
