package services

import (
	"slices"
	"sort"
)

// Catalog is the set of services that can be started, by name.
type Catalog struct {
	defs []*Definition
}

// NewCatalog makes a catalogue, ordered by name.
func NewCatalog(defs []*Definition) *Catalog {
	c := &Catalog{defs: slices.Clone(defs)}
	sort.Slice(c.defs, func(i, j int) bool { return c.defs[i].Name < c.defs[j].Name })
	return c
}

// All returns every definition.
func (c *Catalog) All() []*Definition { return slices.Clone(c.defs) }

// Find looks a word up among the names and aliases.
func (c *Catalog) Find(word string) (*Definition, bool) {
	for _, d := range c.defs {
		if d.Name == word || slices.Contains(d.Aliases, word) {
			return d, true
		}
	}
	return nil, false
}

// For returns the definitions that the user may start.
func (c *Catalog) For(u *User) []*Definition {
	var out []*Definition
	for _, d := range c.defs {
		if u.May(d.Name) {
			out = append(out, d)
		}
	}
	return out
}
