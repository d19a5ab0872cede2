package services

import "slices"

// Role is what somebody is to the machine.
type Role string

// The roles.
const (
	RoleOperator Role = "operator" // answers for the machine; only the configuration makes one
	RoleMember   Role = "member"   // starts services of their own
	RoleGuest    Role = "guest"    // looks after what others gave to them
)

// Deed is what can be done to an instance.
type Deed string

// The deeds.
const (
	DeedLook   Deed = "look"   // see it, its address and how it does
	DeedExtend Deed = "extend" // make it live longer
	DeedStop   Deed = "stop"   // end it
	DeedFill   Deed = "fill"   // change what it shows
	DeedShare  Deed = "share"  // give it to others, and take that back
)

// Tie is what somebody is to an instance.
type Tie string

// The ties.
const (
	TieOwn    Tie = "own"    // they started it
	TieGiven  Tie = "given"  // its owner shares it with them
	TieNobody Tie = "nobody" // it is another's
)

// policy is who may do what to which instances. What is not in it is denied.
var policy = map[Role]map[Tie][]Deed{
	RoleOperator: {
		TieOwn:    {DeedLook, DeedExtend, DeedStop, DeedFill, DeedShare},
		TieGiven:  {DeedLook, DeedExtend, DeedStop, DeedFill, DeedShare},
		TieNobody: {DeedLook, DeedExtend, DeedStop, DeedFill, DeedShare},
	},
	RoleMember: {
		TieOwn:   {DeedLook, DeedExtend, DeedStop, DeedFill, DeedShare},
		TieGiven: {DeedLook, DeedExtend, DeedStop},
	},
	RoleGuest: {
		TieOwn:   {DeedLook, DeedExtend, DeedStop}, // from the time before they were made a guest
		TieGiven: {DeedLook, DeedExtend},
	},
}

// Allows reports whether somebody of the role who has the tie to an instance
// may do the deed to it.
func (r Role) Allows(tie Tie, deed Deed) bool {
	return slices.Contains(policy[r.orMember()][tie], deed)
}

// Starts reports whether the role may start anything.
func (r Role) Starts() bool { return r.orMember() != RoleGuest }

// orMember is the role of whoever has none.
func (r Role) orMember() Role {
	if r == "" {
		return RoleMember
	}
	return r
}
