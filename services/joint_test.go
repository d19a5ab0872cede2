package services_test

import (
	"slices"
	"testing"
	"time"

	"onionbot/services"
)

// single is a service that lives for hours and listens on ports.
func single(name string, hours int, ports ...int) *services.Definition {
	d := &services.Definition{Name: name, DefaultLife: time.Duration(hours) * time.Hour, MaxLife: time.Duration(9*hours) * time.Hour}
	for _, p := range ports {
		d.Ports = append(d.Ports, services.Port{Onion: p, App: 8080})
	}
	return d
}

func TestJointDefinitionIsWhatItsPartsAre(t *testing.T) {
	site, shell := single("site", 2, 80, 443), single("ssh", 1, 22)
	site.Content, site.Warm, site.Secrets = "/srv", 1, []string{"admin"}
	shell.NeedsSSHKeys, shell.HostKey, shell.EphemeralKey, shell.Secrets = true, true, true, []string{"admin"}
	d, err := services.Join(site, shell)
	if err != nil {
		t.Fatal(err)
	}
	if d.Name != "site+ssh" || len(d.Ports) != 3 || d.Content != "/srv" || d.Warm != 0 || !d.NeedsSSHKeys || !d.HostKey || !d.EphemeralKey {
		t.Errorf("%+v", d)
	}
	if d.DefaultLife != time.Hour || d.MaxLife != 9*time.Hour {
		t.Errorf("it lives %v, at most %v: no longer than any of its parts", d.DefaultLife, d.MaxLife)
	}
	i := &services.Instance{ID: "abcdefghijkl", Service: d.Name}
	i.Secrets, _ = d.CompleteSecrets(nil)
	one, two := i.SecretsOf(site)["admin"], i.SecretsOf(shell)["admin"]
	if one == "" || two == "" || one == two {
		t.Error("a part has no secret, or that of another")
	}
	if ids := i.Containers(); !slices.Equal(ids, []string{"abcdefghijkl", "abcdefghijkl-2"}) || services.InstanceOf(ids[1]) != i.ID {
		t.Errorf("containers %v", ids)
	}
}

func TestWhatCannotStandBehindOneAddressIsRefused(t *testing.T) {
	filled := func(name string, port int) *services.Definition {
		d := single(name, 1, port)
		d.Content = "/srv"
		return d
	}
	many := make([]*services.Definition, services.MaxParts+1)
	for i := range many {
		many[i] = single(string(rune('a'+i)), 1, 80+i)
	}
	for code, parts := range map[services.Code][]*services.Definition{
		services.CodeSameService:  {single("ssh", 1, 22), single("site", 1, 80), single("ssh", 1, 22)},
		services.CodePortClash:    {single("site", 1, 443, 80), single("share", 1, 80, 81)},
		services.CodeContentClash: {filled("site", 80), filled("share", 81)},
		services.CodeTooManyParts: many,
		"":                        many[1:],
	} {
		if _, err := services.Join(parts...); services.CodeOf(err) != code {
			t.Errorf("%v, want %q", err, code)
		}
	}
	_, err := services.Join(single("site", 1, 443, 80), single("share", 1, 80, 81))
	if e := services.E(services.CodePortClash, "service", "site", "other", "share", "port", "80"); err == nil || err.Error() != e.Error() {
		t.Errorf("%v, want %v", err, e)
	}
}

func TestEveryPartMustBePermitted(t *testing.T) {
	defs := []*services.Definition{single("drop", 1, 81), single("site", 1, 80), single("ssh", 1, 22)}
	u := &services.User{Services: []string{"site", "ssh"}}
	if d, err := services.Choose(defs, u, "ssh+site"); err != nil || d.Name != "site+ssh" {
		t.Errorf("%+v, %v", d, err)
	}
	for _, word := range []string{"drop+site", "site+drop", "site+", "+", "site+ssh+none"} {
		if d, err := services.Choose(defs, u, word); err == nil {
			t.Errorf("%s: %+v", word, d)
		}
	}
}

func TestContainersKeepTheirPlacesInARow(t *testing.T) {
	zeta := single("zeta", 1, 80)
	zeta.Aliases = []string{"blog"} // it was called that when the row was written
	c := services.NewCatalog([]*services.Definition{zeta, single("site", 1, 81)})
	d, ok := c.Find("blog+site")
	if !ok || d.Singles()[0] != zeta {
		t.Errorf("found %t: %+v", ok, d)
	}
	if d, ok := c.Find("blog+none"); ok {
		t.Errorf("found %+v", d)
	}
}
