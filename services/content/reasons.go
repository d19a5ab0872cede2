package content

import (
	"errors"
	"maps"

	"onionbot/services"
)

// The reasons of [services.CodeBadContent] and of [services.RemarkLeftOut],
// for the sentences of the conversation. Beside "reason" a refusal may have "file", a
// hostile name, and with [Packing] "kind", the format's name.
const (
	TooBig      = "too-big"     // more bytes than allowed
	TooMany     = "too-many"    // more files than allowed
	TooDeep     = "too-deep"    // more nested directories than allowed
	Bomb        = "bomb"        // unpacks to far more than it is
	BadName     = "bad-name"    // a name that leads elsewhere: "..", absolute
	BadKind     = "bad-kind"    // a link, device or other special file
	BadZip      = "bad-zip"     // an archive that cannot be read
	Encrypted   = "encrypted"   // it wants a password
	Packing     = "packing"     // an archive of a format that is not unpacked: 7z, rar, …
	Empty       = "empty"       // nothing in it
	Unsupported = "unsupported" // a program
	HEIC        = "heic"        // a picture that browsers do not show
	Metadata    = "metadata"    // a picture whose metadata cannot be removed
	Twice       = "twice"       // two files of one name
	Incomplete  = "incomplete"  // it could not be received to its end
	Unshowable  = "unshowable"  // words that leave nothing to see
)

// ErrNothingToShow is for words that leave nothing to see: markup that is not
// taken over, with no text in it.
var ErrNothingToShow error = services.E(services.CodeBadContent, "reason", Unshowable)

// refuse is a refusal with its reason.
func refuse(reason string, cause error) error {
	return services.Wrap(services.CodeBadContent, cause, "reason", reason)
}

// named gives a refusal the name of the file that it is about.
func named(err error, file string) error {
	var e *services.Error
	if !errors.As(err, &e) || e.Code != services.CodeBadContent || e.Args["file"] != "" {
		return err
	}
	named := services.Wrap(e.Code, e.Cause)
	named.Args = maps.Clone(e.Args)
	named.Args["file"] = file
	return named
}

// reasonOf is the reason of a refusal; "" for any other error.
func reasonOf(err error) string {
	var e *services.Error
	if errors.As(err, &e) && e.Code == services.CodeBadContent {
		return e.Args["reason"]
	}
	return ""
}

// omittable are the reasons for which one file is left out of a delivery; the
// others sink it as a whole.
func omittable(reason string) bool {
	switch reason {
	case BadName, BadKind, TooDeep, Twice, Encrypted, HEIC, Metadata:
		return true
	}
	return false
}
