package metadata

import (
	"bytes"
	"compress/zlib"
	"io"
	"regexp"
)

func pdfFields() named {
	field := func(name string) *regexp.Regexp {
		// A literal string or a hexadecimal one with something in it, or a reference.
		return regexp.MustCompile(`/` + name + `\s*(?:\([^)]|<[0-9A-Fa-f]|\d+ \d+ R)`)
	}
	return named{
		{field("Author"), "Author"},
		{field("Company"), "Company"},
		{field("Creator"), "Creator"},
		{field("CreationDate"), "CreationDate"},
		{regexp.MustCompile(`<dc:creator>`), "dc:creator"},
		{regexp.MustCompile(`<pdf:Author>\s*[^<\s]`), "Author"},
		{regexp.MustCompile(`exif:GPS`), Place},
	}
}

var stream = regexp.MustCompile(`stream\r?\n`)

// findPDF looks at a PDF as it stands, and into the streams that may hold its
// objects; embedded JPEGs are looked at for a place.
func findPDF(data []byte, found *finds) {
	fields := pdfFields()
	fields.in(data, found)
	budget := int64(inAll)
	for _, at := range stream.FindAllIndex(data, 2000) {
		head := data[max(0, at[0]-300):at[0]]
		if dictionary := bytes.LastIndex(head, []byte(" obj")); dictionary >= 0 {
			head = head[dictionary:]
		}
		rest := data[at[1]:]
		switch {
		case bytes.Contains(head, []byte("/ObjStm")) || bytes.Contains(head, []byte("/Metadata")):
			part := inflate(rest, min(budget, most))
			budget -= int64(len(part))
			fields.in(part, found)
		case bytes.Contains(head, []byte("/DCTDecode")) && Sniff(rest) == JPEG:
			if _, inside, err := Strip(rest); err == nil {
				inside = remove(inside, Preview) // what follows is the rest of the document
				found.add(inside...)
			}
		}
	}
}

func remove(list []string, field string) []string {
	var out []string
	for _, f := range list {
		if f != field {
			out = append(out, f)
		}
	}
	return out
}

func inflate(data []byte, limit int64) []byte {
	if limit <= 0 {
		return nil
	}
	z, err := zlib.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil
	}
	defer z.Close()
	part, _ := io.ReadAll(io.LimitReader(z, limit))
	return part
}
