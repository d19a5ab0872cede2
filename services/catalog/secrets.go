package catalog

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"onionbot/services"
	"onionbot/settings"
)

// maxSecrets bounds what an instance's row and its private directory hold.
const maxSecrets = 8

// secretUse is a secret where it is asked for: {secret.NAME}.
var secretUse = regexp.MustCompile(`\{secret\.([^{}\s]*)\}`)

// secretProblem is about secrets that cannot be, or that are used and were not
// named.
func (m *Manifest) secretProblem() settings.Problem {
	if len(m.Secrets) > maxSecrets {
		return settings.Problem{Key: "secrets", Say: fmt.Sprintf("secrets are at most %d", maxSecrets)}
	}
	for i, name := range m.Secrets {
		switch {
		case !serviceName.MatchString(name):
			return settings.Problem{Key: "secrets", Say: fmt.Sprintf("%q cannot be the name of a secret, which is a letter, then letters, digits and dashes, at most 24, lower case", name)}
		case slices.Contains(m.Secrets[:i], name):
			return settings.Problem{Key: "secrets", Say: fmt.Sprintf("the secret %q is named twice", name)}
		}
	}
	uses := map[string][]string{"command": m.Command, "args": m.Args, "env": m.Env, "open": {m.Open}}
	for _, key := range slices.Sorted(maps.Keys(uses)) {
		for _, use := range secretUse.FindAllStringSubmatch(strings.Join(uses[key], "\n"), -1) {
			if slices.Contains(m.Secrets, use[1]) {
				continue
			}
			say := fmt.Sprintf("%s is used, and %q is not among secrets", use[0], use[1])
			if near := services.Suggest(use[1], m.Secrets); near != "" {
				say += fmt.Sprintf("; did you mean %q?", near)
			}
			return settings.Problem{Key: key, Say: say}
		}
	}
	return settings.Problem{}
}
