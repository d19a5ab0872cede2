package services

import (
	"crypto/rand"
	"encoding/base32"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// NewSecret returns a fresh secret of 128 random bits: 26 characters of a-z
// and 2-7, which can stand in a path, a shell line or a file of settings.
func NewSecret() Secret {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails, see crypto/rand
	return Secret(strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b[:])))
}

// CompleteSecrets returns the secrets that an instance of the definition has:
// those it has already, and a fresh one for each name that lacks one. It
// reports whether it made any; have is not changed.
func (d *Definition) CompleteSecrets(have map[string]Secret) (all map[string]Secret, fresh bool) {
	all = maps.Clone(have)
	for _, name := range d.Secrets {
		if all[name] != "" {
			continue
		}
		if all == nil {
			all = make(map[string]Secret)
		}
		all[name], fresh = NewSecret(), true
	}
	return all, fresh
}

// Fill returns a line of the definition as an instance has it: {address} and
// {port} of its onion, and {secret.NAME}. What it does not know it leaves.
func (d *Definition) Fill(line, address string, secrets map[string]Secret) string {
	if !strings.Contains(line, "{") {
		return line
	}
	pairs := make([]string, 0, 4+2*len(secrets))
	if address != "" {
		pairs = append(pairs, "{address}", address)
	}
	if len(d.Ports) > 0 {
		pairs = append(pairs, "{port}", strconv.Itoa(d.Ports[0].Onion))
	}
	for _, name := range slices.Sorted(maps.Keys(secrets)) {
		pairs = append(pairs, "{secret."+name+"}", secrets[name].Reveal())
	}
	return strings.NewReplacer(pairs...).Replace(line)
}

// FillAll is [Definition.Fill] of each line.
func (d *Definition) FillAll(lines []string, address string, secrets map[string]Secret) []string {
	if lines == nil {
		return nil
	}
	out := make([]string, len(lines))
	for i, line := range lines {
		out[i] = d.Fill(line, address, secrets)
	}
	return out
}
