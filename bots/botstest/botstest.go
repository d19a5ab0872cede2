// Package botstest has the people, services and instances that the tests of
// the conversation talk about.
package botstest

import (
	"time"

	"onionbot/services"
)

// The one instance that tests are about.
const (
	InstanceID = "abcdefghijkl"
	Address    = "pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd.onion"
)

// Noon is the time at which tests take place.
func Noon() time.Time { return time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC) }

// Anna is an ordinary user.
func Anna() *services.User {
	return &services.User{Name: "anna", Services: []string{"site", "ssh"}, MaxInstances: 3, SSHKeys: []string{"ssh-ed25519 AAAA"}}
}

// Operator may do everything.
func Operator() *services.User {
	return &services.User{Name: "operator", Services: []string{"*"}, MaxInstances: 10, Role: services.RoleOperator}
}

// Catalog is what can be started; "secret" is nothing for Anna.
func Catalog() []*services.Definition {
	return []*services.Definition{
		{Name: "secret", Summary: "not for everybody", Ports: []services.Port{{Onion: 80}}},
		{
			Name: "site", Summary: "a web site", Aliases: []string{"web"}, Probe: services.ProbeHTTP, Open: "http://{address}/",
			Ports: []services.Port{{Onion: 80, App: 8080}}, DefaultLife: 2 * time.Hour, MaxLife: 168 * time.Hour, Content: "/srv/content",
		},
		{
			Name: "ssh", Summary: "a shell over ssh", Probe: services.ProbeSSH, Open: "torsocks ssh -p {port} onion@{address}",
			Ports: []services.Port{{Onion: 22, App: 2222}}, DefaultLife: time.Hour, MaxLife: 168 * time.Hour, NeedsSSHKeys: true, HostKey: true,
		},
	}
}

// Instance is Anna's, started at noon for two hours and reachable, unless
// change makes something else of it.
func Instance(service string, change func(*services.Instance)) *services.Instance {
	i := &services.Instance{
		ID: InstanceID, Owner: "anna", Service: service, Name: service, Desired: services.DesiredRunning,
		Origin: services.Route{Network: "test", Account: "1", Chat: "c"},
		State:  services.StateReachable, Onion: services.Onion{Address: Address},
		CreatedAt: Noon(), ExpiresAt: Noon().Add(2 * time.Hour), CheckedAt: Noon().Add(41 * time.Second),
	}
	if service == "ssh" || service == "site+ssh" {
		i.HostKey.Fingerprint = "SHA256:0123456789abcdefghijklmnopqrstuvwxyzABCDEFG"
	}
	if change != nil {
		change(i)
	}
	return i
}
