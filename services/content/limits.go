package content

import (
	"fmt"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"onionbot/services"
)

// Limits bound what one delivery may hold.
type Limits struct {
	Bytes   int64 // unpacked, all files together
	Packed  int64 // as received
	Files   int   // files and directories
	Depth   int   // directories deep
	NameLen int   // bytes of one path element
	Ratio   int64 // unpacked to packed, for anything above a megabyte
}

// DefaultLimits fit what chat networks carry.
func DefaultLimits() Limits {
	return Limits{Bytes: 100 << 20, Packed: 25 << 20, Files: 2000, Depth: 12, NameLen: 120, Ratio: 100}
}

// The reasons of [services.CodeBadContent], for the front ends' sentences.
const (
	TooBig      = "too-big"     // more bytes than allowed
	TooMany     = "too-many"    // more files than allowed
	TooDeep     = "too-deep"    // more nested directories than allowed
	Bomb        = "bomb"        // unpacks to far more than it is
	BadName     = "bad-name"    // a name that could do harm: "..", absolute, control characters
	BadKind     = "bad-kind"    // a link, device or other special file
	BadZip      = "bad-zip"     // not a readable zip archive
	Empty       = "empty"       // nothing in it
	Unsupported = "unsupported" // a kind of file that a site cannot show
	Twice       = "twice"       // two files of one name
	Incomplete  = "incomplete"  // it could not be received to its end
)

func refuse(reason string, cause error) error {
	return services.Wrap(services.CodeBadContent, cause, "reason", reason)
}

// clean checks a path from an archive and returns it in a form that stays
// below the root. Whatever looks like a trick is refused, not mended.
func (l Limits) clean(name string) (string, error) {
	name = strings.ReplaceAll(name, `\`, "/")
	if !utf8.ValidString(name) || strings.HasPrefix(name, "/") || strings.Contains(name, ":") {
		return "", refuse(BadName, fmt.Errorf("path is absolute or not text"))
	}
	for _, r := range name {
		if !unicode.IsPrint(r) {
			return "", refuse(BadName, fmt.Errorf("control character in a name"))
		}
	}
	elements := strings.Split(strings.TrimSuffix(name, "/"), "/")
	if len(elements) > l.Depth {
		return "", refuse(TooDeep, fmt.Errorf("%d levels", len(elements)))
	}
	for _, e := range elements {
		if e == "" || e == "." || e == ".." || len(e) > l.NameLen {
			return "", refuse(BadName, fmt.Errorf("element of %d bytes", len(e)))
		}
	}
	return path.Join(elements...), nil
}
