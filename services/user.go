package services

import (
	"slices"
	"time"
)

// User is somebody who may use the bot: rights as data. There are no defaults
// that permit; what is not listed is denied.
type User struct {
	Name         string
	Role         Role          // "" is [RoleMember]
	Services     []string      // names of services, or "*" for all
	MaxInstances int           // live at once; 0 = none
	MaxLife      time.Duration // longest time from start to expiry; 0 = the service's own limit
	PerDay       int           // starts within any 24 hours; 0 = no limit
	Storage      int64         // bytes of content at once; 0 = no limit
	SSHKeys      []string      // authorized_keys lines
	OnionKeys    []string      // public x25519 keys by which they open private onions, in base32
	Stored       bool          // lives in the store, not in the configuration
}

// May reports whether the user may start the service.
func (u *User) May(service string) bool {
	return u.Role.Starts() && (slices.Contains(u.Services, "*") || slices.Contains(u.Services, service))
}

// Operates reports whether the user answers for the machine.
func (u *User) Operates() bool { return u.Role == RoleOperator }

// Rights are what can be granted to a user, or changed. What is zero is left
// as it is; -1 takes a limit away.
type Rights struct {
	Role         Role
	Services     []string
	MaxInstances int
	PerDay       int
	MaxLife      time.Duration
	Storage      int64
}

// Unlimited takes a limit of [Rights] away.
const Unlimited = -1

// Grant changes what the user may do.
func (u *User) Grant(r Rights) {
	if r.Role != "" {
		u.Role = r.Role
	}
	if len(r.Services) > 0 {
		u.Services = slices.Clone(r.Services)
	}
	if r.MaxInstances > 0 {
		u.MaxInstances = r.MaxInstances
	}
	u.PerDay = limited(u.PerDay, r.PerDay)
	u.MaxLife = limited(u.MaxLife, r.MaxLife)
	u.Storage = limited(u.Storage, r.Storage)
}

// limited is a limit after a change, where 0 changes nothing.
func limited[T int | int64 | time.Duration](now, change T) T {
	switch {
	case change == 0:
		return now
	case change < 0:
		return 0
	}
	return change
}
