package services

import (
	"cmp"
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

// Find looks a word up among the names and aliases. The name of a joint
// definition is found as long as its parts are there and fit together.
func (c *Catalog) Find(word string) (*Definition, bool) {
	defs := c.list()
	var parts []*Definition
	for _, name := range SplitService(word) {
		i := slices.IndexFunc(defs, func(d *Definition) bool { return d.Name == name || slices.Contains(d.Aliases, name) })
		if i < 0 {
			return nil, false
		}
		parts = append(parts, defs[i])
	}
	d, err := Join(parts...)
	return d, err == nil
}

// Find looks a word up among definitions as [Catalog.Find] does; nil if there
// is none.
func Find(defs []*Definition, word string) *Definition {
	d, _ := (&Catalog{defs: defs}).Find(word)
	return d
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
// exist. Several that are to stand behind one address are chosen by the name of
// a joint definition; each must be permitted.
func Choose(defs []*Definition, u *User, word string) (*Definition, error) {
	var parts []*Definition
	for _, name := range SplitService(word) {
		d, err := choose(defs, u, name)
		if err != nil {
			return nil, err
		}
		parts = append(parts, d)
	}
	// In whatever order they are named, it is the same.
	slices.SortFunc(parts, func(a, b *Definition) int { return cmp.Compare(a.Name, b.Name) })
	return Join(parts...)
}

func choose(defs []*Definition, u *User, word string) (*Definition, error) {
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
