package main

import (
	"context"
	"sync/atomic"

	"onionbot/bots/console"
	"onionbot/bots/conversation"
	"onionbot/bots/mastodon"
	"onionbot/services"
)

// users are the people of the configuration and of the store.
type users struct {
	access *conversation.Access
	actors atomic.Pointer[map[string]string] // of Mastodon accounts in the configuration
}

func newUsers(cfg *config) (*users, error) {
	u := &users{access: conversation.NewAccess()}
	actors := cfg.actors()
	u.actors.Store(&actors)
	operator := &services.User{
		Name: operatorName, Services: []string{"*"}, MaxInstances: 1000, Role: services.RoleOperator, SSHKeys: operatorKeys(cfg),
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
	return u.access.Add(user, accounts...)
}

// sayOwnerless tells the operator whose services go on though nobody has
// that name any more: until their ends, or until the
// operator stops them.
func (d *daemon) sayOwnerless(ctx context.Context) {
	left := make(map[string]int)
	err := d.store.View(ctx, func(tx services.Tx) error {
		all, err := tx.Instances(services.InstanceFilter{Desired: services.DesiredRunning})
		for _, i := range all {
			if d.users.named(i.Owner) == nil {
				left[i.Owner]++
			}
		}
		return err
	})
	if err != nil {
		d.log.Error("look for services without an owner", "error", err)
	}
	for owner, n := range left {
		d.log.Warn(`services go on whose owner is not in the configuration; "onionbot ctl status" shows how to stop them`,
			"owner", owner, "services", n)
	}
}

// operators are where those users are told something who answer for the
// machine. Whoever sits at the console reads the log.
func (u *users) operators() []services.Route {
	var routes []services.Route
	for _, who := range u.access.Users() {
		if !who.Operates() {
			continue
		}
		for _, a := range u.access.Accounts(who.Name) {
			if a.Network != console.Network {
				routes = append(routes, services.Route{Network: a.Network, Account: a.ID})
			}
		}
	}
	return routes
}

// replace takes the users of another configuration.
func (u *users) replace(by *users) error {
	if err := u.access.Replace(by.access); err != nil {
		return err
	}
	u.actors.Store(by.actors.Load())
	return nil
}

func (u *users) named(name string) *services.User {
	if found := u.access.Named(name); found != nil && found.Name == name {
		return found
	}
	return nil
}

// actor is whose a Mastodon account was when it was listed or bound.
func (u *users) actor(account string) string {
	if actor, ok := (*u.actors.Load())[account]; ok {
		return actor
	}
	return u.access.Actor(mastodon.Network, account)
}
