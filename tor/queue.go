package tor

import "slices"

// fairQueue holds the publications that wait for a tor. Owners take turns, and
// each owner's come in their order. Those of nobody, which are made ahead of
// time, wait until no owner has one. The zero value is empty.
type fairQueue struct {
	owners  []string // in the order of their turns, each with a line
	lines   map[string][]*publication
	nobodys []*publication
}

// push puts a publication at the end of its owner's line.
func (q *fairQueue) push(pub *publication) {
	owner := pub.spec.Owner
	if owner == "" {
		q.nobodys = append(q.nobodys, pub)
		return
	}
	if q.lines == nil {
		q.lines = map[string][]*publication{}
	}
	if len(q.lines[owner]) == 0 {
		q.owners = append(q.owners, owner)
	}
	q.lines[owner] = append(q.lines[owner], pub)
}

// pop takes the next one, nil if there is none.
func (q *fairQueue) pop() *publication {
	if len(q.owners) == 0 {
		if len(q.nobodys) == 0 {
			return nil
		}
		pub := q.nobodys[0]
		q.nobodys = q.nobodys[1:]
		return pub
	}
	owner := q.owners[0]
	pub := q.lines[owner][0]
	q.owners = q.owners[1:]
	q.setLine(owner, q.lines[owner][1:])
	if len(q.lines[owner]) > 0 {
		q.owners = append(q.owners, owner)
	}
	return pub
}

// remove takes a publication out, wherever it stands.
func (q *fairQueue) remove(pub *publication) {
	is := func(other *publication) bool { return other == pub }
	owner := pub.spec.Owner
	if owner == "" {
		q.nobodys = slices.DeleteFunc(q.nobodys, is)
		return
	}
	q.setLine(owner, slices.DeleteFunc(q.lines[owner], is))
	if len(q.lines[owner]) == 0 {
		q.owners = slices.DeleteFunc(q.owners, func(o string) bool { return o == owner })
	}
}

func (q *fairQueue) setLine(owner string, line []*publication) {
	if len(line) == 0 {
		delete(q.lines, owner)
		return
	}
	q.lines[owner] = line
}

func (q *fairQueue) empty() bool { return len(q.owners) == 0 && len(q.nobodys) == 0 }
