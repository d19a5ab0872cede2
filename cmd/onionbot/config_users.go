package main

import (
	"fmt"
	"strings"

	"onionbot/bots/conversation"
	"onionbot/bots/mastodon"
	"onionbot/services"
	"onionbot/services/sshkey"
)

func (c *config) checkUsers() (found []problem) {
	names, identities := make(map[string]bool), make(map[conversation.Account]string)
	for i := range c.Users {
		u := &c.Users[i]
		if u.Name == "" || names[u.Name] {
			found = append(found, problemf("name", "user number %d needs a name of its own", i+1))
		}
		names[u.Name] = true
		if u.Name == operatorName {
			found = append(found, problemf("name", "the name %q belongs to whoever runs onionbot ctl; choose another", operatorName))
		}
		for _, p := range u.check() {
			found = append(found, problemf(p.about, "user %q: %s", u.Name, p.say))
		}
		for _, id := range u.accounts() {
			if other, taken := identities[id]; taken {
				found = append(found, problemf(id.Network, "users %q and %q have the same %s identity", other, u.Name, id.Network))
			}
			identities[id] = u.Name
		}
	}
	return found
}

func (u *userConfig) check() (found []problem) {
	if len(u.Services) == 0 {
		found = append(found, problemf("services", `services names what they may start; write services = ["site"]`))
	}
	if u.MaxInstances < 1 {
		found = append(found, problemf("max_instances", "max_instances must be 1 or more"))
	}
	for i, line := range u.SSHKeys {
		clean, err := sshkey.ParsePublic(line)
		if err != nil {
			found = append(found, problemf("ssh_keys", "ssh_keys number %d is %v", i+1, err))
			continue
		}
		u.SSHKeys[i] = clean
	}
	for _, id := range u.Telegram {
		if id <= 0 {
			found = append(found, problemf("telegram", "telegram identity %d is not a person's numeric id", id))
		}
	}
	for _, text := range u.Mastodon {
		id, err := mastodon.ParseIdentity(text)
		switch {
		case err != nil:
			found = append(found, problemf("mastodon", "mastodon identity %q %v", text, err))
		case strings.Contains(id.ID, "@"):
			found = append(found, problemf("mastodon", "mastodon identity %q is an address, which can change hands; \"onionbot mastodon check\" tells you the account id to write instead", text))
		}
	}
	return found
}

// unknownServices are what a user may start and the catalogue does not have.
func (u *userConfig) unknownServices(defs []*services.Definition) (found []string) {
	var names []string
	for _, d := range defs {
		names = append(names, d.Name)
	}
	known := services.NewCatalog(defs)
	for _, name := range u.Services {
		d, ok := known.Find(name)
		switch {
		case name == "*" || ok && d.Name == name:
		case ok:
			found = append(found, fmt.Sprintf("user %q: %q is another name of %q; write services = [%q]", u.Name, name, d.Name, d.Name))
		default:
			say := fmt.Sprintf("user %q: there is no service %q", u.Name, name)
			if near := services.Suggest(name, names); near != "" {
				say += fmt.Sprintf(" (did you mean %q?)", near)
			}
			found = append(found, say+"; the catalogue has "+strings.Join(names, ", "))
		}
	}
	return found
}
