package services

import (
	"slices"
	"time"
)

// User is somebody who may start things: rights as data. There are no
// defaults that permit; what is not listed is denied.
type User struct {
	Name         string
	Services     []string      // names of services, or "*" for all
	MaxInstances int           // live at once; 0 = none
	MaxLife      time.Duration // longest time from start to expiry; 0 = the service's own limit
	SSHKeys      []string      // authorized_keys lines
	Operator     bool          // may see and stop everybody's instances
}

// May reports whether the user may start the service.
func (u *User) May(service string) bool {
	return slices.Contains(u.Services, "*") || slices.Contains(u.Services, service)
}
