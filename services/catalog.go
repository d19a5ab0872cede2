package services

import (
	"slices"
	"sort"
	"sync"
)

// Catalog is the set of services that can be started, by name.
type Catalog struct {
	mu   sync.Mutex
	defs []*Definition // never changed in place
}

// NewCatalog makes a catalogue, ordered by name.
func NewCatalog(defs []*Definition) *Catalog {
	c := &Catalog{defs: slices.Clone(defs)}
	sort.Slice(c.defs, func(i, j int) bool { return c.defs[i].Name < c.defs[j].Name })
	return c
}

// All returns every definition.
func (c *Catalog) All() []*Definition { return slices.Clone(c.list()) }

func (c *Catalog) list() []*Definition {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.defs
}

// LearnPorts gives a definition that leaves its ports to its image those of the
// complete one. What else the image says is for the runtime, which asks anew.
func (c *Catalog) LearnPorts(full *Definition) {
	c.mu.Lock()
	defer c.mu.Unlock()
	i := slices.IndexFunc(c.defs, func(d *Definition) bool { return d.Name == full.Name && len(d.Ports) == 0 })
	if i < 0 {
		return
	}
	known := *c.defs[i]
	known.Ports, known.Probe = full.Ports, full.Probe
	c.defs = slices.Clone(c.defs)
	c.defs[i] = &known
}

// Find looks a word up among the names and aliases.
func (c *Catalog) Find(word string) (*Definition, bool) {
	for _, d := range c.list() {
		if d.Name == word || slices.Contains(d.Aliases, word) {
			return d, true
		}
	}
	return nil, false
}

// Permitted are those of the definitions that the user may start.
func Permitted(defs []*Definition, u *User) []*Definition {
	var out []*Definition
	for _, d := range defs {
		if u.May(d.Name) {
			out = append(out, d)
		}
	}
	return out
}

// Choose finds the definition that the user means by a name or an alias and
// may start. One that exists but is not permitted reads like one that does not
// exist.
func Choose(defs []*Definition, u *User, word string) (*Definition, error) {
	d, ok := (&Catalog{defs: defs}).Find(word)
	if ok && u.May(d.Name) {
		return d, nil
	}
	var names []string
	for _, p := range Permitted(defs, u) {
		names = append(names, p.Name)
	}
	code := CodeUnknownService
	if ok {
		code = CodeNotAllowed
	}
	return nil, E(code, "word", word, "suggestion", Suggest(word, names))
}
