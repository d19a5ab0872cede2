package main

import (
	"onionbot/bots/console"
	"onionbot/bots/conversation"
	"onionbot/services"
)

// users are the people of the configuration, by name and by identity.
type users struct {
	byName map[string]*services.User
	access *conversation.Access
}

func newUsers(cfg *config) (*users, error) {
	u := &users{byName: make(map[string]*services.User), access: conversation.NewAccess()}
	operator := &services.User{
		Name: operatorName, Services: []string{"*"}, MaxInstances: 1000, Operator: true, SSHKeys: operatorKeys(cfg),
	}
	if err := u.add(operator, conversation.Account{Network: console.Network, ID: console.Account}); err != nil {
		return nil, err
	}
	for i := range cfg.Users {
		if err := u.add(cfg.Users[i].user(), cfg.Users[i].accounts()...); err != nil {
			return nil, err
		}
	}
	return u, nil
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

func (u *users) add(user *services.User, accounts ...conversation.Account) error {
	u.byName[user.Name] = user
	return u.access.Add(user, accounts...)
}

func (u *users) named(name string) *services.User { return u.byName[name] }
