package content

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"onionbot/services/content/metadata"
)

// zipArchive is what is in a zip file; nil for a document that is packed so.
func zipArchive(file string, data []byte) (archive, error) {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, refuse(BadZip, err)
	}
	if documentByName(file) || documentInside(z) {
		return nil, nil
	}
	names := zipNames(z)
	return func(yield func(member) error) error {
		for i, f := range z.File {
			err := yield(member{name: names[i], raw: f.Name, mode: f.Mode(), encrypted: f.Flags&1 != 0, open: f.Open})
			if err != nil {
				return err
			}
		}
		return nil
	}, nil
}

func documentInside(z *zip.Reader) bool {
	names := make([]string, 0, len(z.File))
	mimetype := ""
	for _, f := range z.File {
		names = append(names, f.Name)
		if f.Name == "mimetype" && f.UncompressedSize64 < 200 {
			if r, err := f.Open(); err == nil {
				kind, _ := io.ReadAll(io.LimitReader(r, 200))
				mimetype = string(kind)
				_ = r.Close()
			}
		}
	}
	return metadata.Packed(names, mimetype)
}

// zipNames are the names in a zip file as text. The format marks those in
// UTF-8 and knows an extra field for them; programs of earlier times, and some
// of today, write the code page of their country.
func zipNames(z *zip.Reader) []string {
	names := make([]string, len(z.File))
	var unmarked []string
	for i, f := range z.File {
		names[i] = f.Name
		if text, ok := unicodePath(f); ok {
			names[i] = text
		}
		if !utf8.ValidString(names[i]) {
			unmarked = append(unmarked, names[i])
		}
	}
	if len(unmarked) == 0 {
		return names
	}
	sample := strings.Join(unmarked, "\n")
	e := guess(nameCandidates(), sample[:min(len(sample), 64<<10)])
	for i, name := range names {
		if !utf8.ValidString(name) {
			names[i] = decode(e, name)
		}
	}
	return names
}

// unicodePath reads Info-ZIP's extra field, if it belongs to this name.
func unicodePath(f *zip.File) (string, bool) {
	const id = 0x7075
	for extra := f.Extra; len(extra) >= 4; {
		size := int(binary.LittleEndian.Uint16(extra[2:]))
		if size > len(extra)-4 {
			return "", false
		}
		body := extra[4 : 4+size]
		if binary.LittleEndian.Uint16(extra) == id && size > 5 && body[0] == 1 &&
			binary.LittleEndian.Uint32(body[1:]) == crc32.ChecksumIEEE([]byte(f.Name)) {
			return string(body[5:]), utf8.Valid(body[5:])
		}
		extra = extra[4+size:]
	}
	return "", false
}

// documentByName reports whether a name is that of a document, a program or a
// book that happens to be a zip file.
func documentByName(name string) bool {
	return slices.Contains([]string{
		".docx", ".docm", ".dotx", ".xlsx", ".xlsm", ".pptx", ".pptm", ".ppsx", ".vsdx", ".odt", ".ods", ".odp", ".odg", ".odf", ".ott",
		".epub", ".cbz", ".apk", ".aab", ".jar", ".war", ".ipa", ".xpi", ".crx", ".whl", ".nupkg", ".kmz", ".3mf", ".pages", ".numbers", ".key", ".sketch",
	}, extension(name))
}
