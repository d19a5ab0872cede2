package selftest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"
)

// Bounds of what is answered, held on both sides.
const (
	maxOfOneKind = 5 // so that none crowds out another
	maxFindings  = 50
	maxFinding   = 120 // bytes
)

// Host is what of the host an app must not reach, and what its container may
// have. The zero Host knows nothing of either: then only what is the same
// everywhere is tried.
type Host struct {
	Addresses  []netip.Addr      `json:"addresses,omitempty"`  // of its interfaces
	Abstract   []string          `json:"abstract,omitempty"`   // names of its abstract sockets, without the @
	Sockets    []string          `json:"sockets,omitempty"`    // paths of its sockets, such as the engine's
	Files      []string          `json:"files,omitempty"`      // paths of its files
	Namespaces map[string]string `json:"namespaces,omitempty"` // kind to identifier, as /proc/self/ns has them
	Mounts     []string          `json:"mounts,omitempty"`     // where something may be mounted, beside what engines mount themselves
	Caps       []string          `json:"caps,omitempty"`       // capabilities that the app may have, without CAP_
}

// Reached tries everything and returns what is within reach, in a few words
// each; nothing if the container is tight.
func (h *Host) Reached() []string {
	var found findings
	for _, try := range []func(*findings){
		func(f *findings) { f.privileges(h.Caps) },
		func(f *findings) { f.namespaces(h.Namespaces) },
		(*findings).interfaces,
		(*findings).wayOut,
		func(f *findings) { f.host(h.Addresses) },
		func(f *findings) { f.names(resolvConf) },
		(*findings).families,
		func(f *findings) { f.abstract(h.Abstract) },
		func(f *findings) { f.sockets(h.Sockets) },
		func(f *findings) { f.files(h.Files) },
		func(f *findings) { f.mounts(mountInfo, h.Mounts) },
		(*findings).devices,
	} {
		var some findings
		try(&some)
		found.list = append(found.list, some.list[:min(len(some.list), maxOfOneKind)]...)
	}
	return found.list[:min(len(found.list), maxFindings)]
}

// Serve reads a [Host] from in and writes to out what is within reach: a JSON
// array of sentences.
func Serve(in io.Reader, out io.Writer) error {
	var h Host
	if err := json.NewDecoder(in).Decode(&h); err != nil {
		return fmt.Errorf("self-test: %w", err)
	}
	reached := h.Reached()
	if reached == nil {
		reached = []string{}
	}
	return json.NewEncoder(out).Encode(reached)
}

// Parse reads the answer of [Serve]. What is not one is an error: a test that
// did not come to its end has shown nothing.
func Parse(answer []byte) ([]string, error) {
	var reached []string
	if err := json.Unmarshal(answer, &reached); err != nil || reached == nil {
		return nil, fmt.Errorf("the self-test did not come to its end: %.100q", answer)
	}
	return Tame(reached), nil
}

// Tame bounds findings, and makes them printable.
func Tame(reached []string) []string {
	reached = reached[:min(len(reached), maxFindings)]
	out := make([]string, len(reached))
	for i, s := range reached {
		out[i] = strings.Map(func(r rune) rune {
			if r < ' ' || r > '~' {
				return '?'
			}
			return r
		}, s[:min(len(s), maxFinding)])
	}
	return out
}

// findings are what is within reach.
type findings struct{ list []string }

func (f *findings) add(format string, args ...any) {
	if s := fmt.Sprintf(format, args...); !slices.Contains(f.list, s) {
		f.list = append(f.list, s)
	}
}
