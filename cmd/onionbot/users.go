package main

import (
	"onionbot/services"
)

// users are the people of the configuration, by name and by identity.
type users struct {
	byName     map[string]*services.User
	byIdentity map[identity]*services.User
}

func newUsers(cfg *config) *users {
	u := &users{byName: make(map[string]*services.User), byIdentity: make(map[identity]*services.User)}
	u.add(&services.User{
		Name: operatorName, Services: []string{"*"}, MaxInstances: 1000, Operator: true, SSHKeys: operatorKeys(cfg),
	}, identity{"console", "local"})
	for i := range cfg.Users {
		u.add(cfg.Users[i].user(), cfg.Users[i].identities()...)
	}
	return u
}

// operatorKeys are the ssh keys of those users who are operators: whoever
// sits at the console has no keys of their own in the configuration.
func operatorKeys(cfg *config) []string {
	var keys []string
	for i := range cfg.Users {
		if cfg.Users[i].Operator {
			keys = append(keys, cfg.Users[i].SSHKeys...)
		}
	}
	return keys
}

func (u *users) add(user *services.User, ids ...identity) {
	u.byName[user.Name] = user
	for _, id := range ids {
		u.byIdentity[id] = user
	}
}

func (u *users) named(name string) *services.User { return u.byName[name] }
