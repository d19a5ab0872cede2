package command

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// A key is the one word whose letters may not be made small: it is cut out of
// the message before words are.
var (
	keyAdded = regexp.MustCompile(`(?is)^\s*/?(?:please\s+)?(?:keys?\s+add|add\s+(?:(?:my|this|a)\s+)?(?:public\s+)?(?:ssh\s+)?key)\b[:,]?\s+(\S.*)$`)
	keyOnion = regexp.MustCompile(`(?is)^\s*((?:onion\s+)?descriptor:x25519:.*)$`)
	keyMade  = regexp.MustCompile(`(?i)^\s*/?(?:please\s+)?(?:private[,:]?\s+)?(?:key\s+make|make\s+(?:me\s+)?(?:an?\s+)?(?:onion\s+|private\s+)*key)(?:\s+for\s+me)?[.!]?\s*$`)
	keyAlone = regexp.MustCompile(`(?s)^\s*(?:[\x60"'])?((?:ssh-(?:ed25519|rsa|dss)|ecdsa-sha2-\S+|sk-\S+@openssh\.com)\s+AAAA.*)$`)
)

// key reads a message that gives a public key, with the words for that or
// without any.
func key(text string) (c Command, ok bool) {
	if keyMade.MatchString(text) {
		return Command{Verb: VerbKey, Make: true}, true
	}
	for _, shape := range []*regexp.Regexp{keyAdded, keyAlone, keyOnion} {
		if m := shape.FindStringSubmatch(text); m != nil {
			return Command{Verb: VerbKey, Key: strings.Join(strings.Fields(m[1]), " ")}, true
		}
	}
	return Command{}, false
}

// parseKey reads "key remove 2", and "key add" with a file.
func parseKey(r *reader, c *Command) error {
	switch word := r.next(); {
	case word == "":
		c.Verb = VerbKeys
		return nil
	case word == "add":
		return nil
	case slices.Contains([]string{"remove", "delete", "revoke", "drop"}, word):
		number := strings.TrimPrefix(r.next(), "#")
		n, err := strconv.Atoi(number)
		if err != nil || n < 1 || n > mostAllowed {
			return r.usage(number)
		}
		c.Number = n
		return nil
	default:
		return r.usage(word)
	}
}
