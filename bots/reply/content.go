package reply

import (
	"fmt"
	"strings"

	"onionbot/services"
)

// contentSentence says why a file was refused, and which one.
func contentSentence(e *services.Error) string {
	it := "It"
	if f := e.Args["file"]; f != "" {
		it = "\u201c" + fileName(f) + "\u201d"
	}
	switch e.Args["reason"] {
	case "too-big":
		return "That is too big. Send a smaller file, or a zip archive of fewer pages."
	case "too-many":
		return "There are too many files in it. Send a smaller archive."
	case "too-deep":
		return it + " is nested in too many folders. Send a flatter archive."
	case "bomb":
		return it + " unpacks to far more than it should, so I did not take it."
	case "bad-name":
		return it + " is a name that leads out of the site. Use plain names without \"..\" or a leading slash."
	case "bad-kind":
		return it + " is a link or a special file. Send plain files only."
	case "bad-zip":
		return "I can't read " + strings.Replace(it, "It", "that archive", 1) + ". Make it again and resend it."
	case "encrypted":
		return it + " is locked with a password. Pack it again without one: the address itself is the secret."
	case "packing":
		return fmt.Sprintf("I don't unpack %s archives. Pack it as zip or tar.gz and send that.", tame(e.Args["kind"], 10))
	case "empty":
		return "There is nothing in it. Send an HTML page, a picture, or a zip archive of a site."
	case "unsupported":
		return it + " is a program: a site does not show those. Pack it in a zip archive if it is meant for download."
	case "heic":
		return it + " is a HEIC picture, which browsers don't show. Send it as JPEG: as a photo, not as a file."
	case "metadata":
		return fmt.Sprintf("I can't take the place and camera data out of %s, so I did not take it. Send it as a photo, or add \"keep metadata\".", strings.Replace(it, "It", "that picture", 1))
	case "twice":
		return it + " is there twice. Rename one and send it again."
	case "unshowable":
		return "Nothing is left to see of that HTML: scripts and embedded things in a message are not taken. Send it as a file, index.html."
	case "incomplete":
		return "The file could not be fetched, though I tried several times. Send it again in a while."
	case "used":
		return "That is shown already. Type \"status\" to see where."
	case "forgotten":
		return "I don't have that file any more. Send it again, with \"start site\" as its text."
	}
	return "I can't take that file. Send an HTML page, a picture, or a zip archive of a site."
}

// fileName is a file's name as it may stand in a reply: tamed, but people have
// to find the file, so that its underscores stay.
func fileName(s string) string {
	parts := strings.Split(s, "_")
	for i, p := range parts {
		parts[i] = tame(p, nameLimit)
	}
	name := strings.Join(parts, "_")
	if runes := []rune(name); len(runes) > nameLimit {
		name = string(runes[:nameLimit]) + "…"
	}
	return name
}

// someNames is how many names a remark tells.
const someNames = 3

func some(all []string) string {
	return names(all[:min(len(all), someNames)], len(all))
}

// wayIn says what was left out, removed or found on the way in.
func wayIn(r services.Remark) string {
	switch r.Code {
	case services.RemarkLeftOut:
		return fmt.Sprintf("Left out: %s (%s).", some(r.Names), why(r.Reason))
	case services.RemarkLeftovers:
		return fmt.Sprintf("Not published, as your system left it behind: %s.", some(r.Names))
	case services.RemarkCleaned:
		return fmt.Sprintf("I removed from %s: %s. To leave such data in, add \"keep metadata\".",
			plural(len(r.Names), "picture", "pictures"), strings.Join(r.Fields, ", "))
	case services.RemarkTold:
		return fmt.Sprintf("Careful: %s may tell who made it (%s). Visitors can read that.", some(r.Names), strings.Join(r.Fields, ", "))
	}
	return ""
}

// why is the reason for leaving a file out, in a few words.
func why(reason string) string {
	switch reason {
	case "bad-name":
		return "the name leads out of the site"
	case "bad-kind":
		return "a link or special file"
	case "too-deep":
		return "in too many folders"
	case "twice":
		return "the same name twice"
	case "encrypted":
		return "locked with a password"
	case "heic":
		return "browsers don't show HEIC: send it as JPEG"
	case "metadata":
		return "its place and camera data can't be removed: send it as a photo"
	}
	return "it can't be shown"
}
