package settings

import (
	"bytes"
	"unicode/utf8"
)

// plain is the file's text in UTF-8 without the mark that some editors put in
// front of it.
func plain(data []byte) ([]byte, *Problem) {
	for _, mark := range []string{"\xff\xfe", "\xfe\xff"} {
		if bytes.HasPrefix(data, []byte(mark)) {
			return nil, &Problem{Say: `it is saved as UTF-16 ("Unicode"); save it as UTF-8`}
		}
	}
	data = bytes.TrimPrefix(data, []byte("\uFEFF"))
	for i, line := range bytes.Split(data, []byte("\n")) {
		if !utf8.Valid(line) {
			return nil, &Problem{Line: i + 1, Say: "it has letters that are not UTF-8; save the file as UTF-8"}
		}
	}
	return data, nil
}

// characters turns a column in bytes into one in characters.
func characters(line string, column int) int {
	if column < 1 || column > len(line)+1 {
		return column
	}
	return utf8.RuneCountInString(line[:column-1]) + 1
}
