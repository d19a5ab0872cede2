package catalog

import (
	"fmt"
	"regexp"
	"slices"
)

// maxSecrets bounds what an instance's row and its private directory hold.
const maxSecrets = 8

// secretUse is a secret where it is asked for: {secret.NAME}.
var secretUse = regexp.MustCompile(`\{secret\.([^{}\s]*)\}`)

// secretProblem is a sentence on secrets that cannot be, or that are used and
// were not named.
func (m *Manifest) secretProblem() string {
	if len(m.Secrets) > maxSecrets {
		return fmt.Sprintf("secrets are at most %d", maxSecrets)
	}
	for i, name := range m.Secrets {
		switch {
		case !serviceName.MatchString(name):
			return fmt.Sprintf("%q cannot be the name of a secret, which is a letter, then letters, digits and dashes, at most 24, lower case", name)
		case slices.Contains(m.Secrets[:i], name):
			return fmt.Sprintf("the secret %q is named twice", name)
		}
	}
	for _, line := range append(slices.Concat(m.Command, m.Env), m.Open) {
		for _, use := range secretUse.FindAllStringSubmatch(line, -1) {
			if !slices.Contains(m.Secrets, use[1]) {
				return fmt.Sprintf("%s is used, and %q is not among secrets", use[0], use[1])
			}
		}
	}
	return ""
}
