package main

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"onionbot/services"
)

func TestReloadTakesUsersWhollyOrNotAtAll(t *testing.T) {
	path := onDisk(t)
	cfg, err := loadConfig(path)
	if err != nil {
		t.Fatal(err)
	}
	people, err := newUsers(cfg)
	if err != nil {
		t.Fatal(err)
	}
	woken := 0
	r := &reloader{path: path, users: people, wake: func() { woken++ }, cfg: cfg}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	write := func(text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	carl := "[[users]]\nname = \"carl\"\ntelegram = [2]\nservices = [\"site\"]\nmax_instances = 1\n"
	for problem, text := range map[string]string{
		"nonsense":               string(before) + carl + "nonsense = 1\n",
		"max_instances must":     string(before) + strings.Replace(carl, "max_instances = 1", "", 1),
		"same telegram identity": string(before) + strings.Replace(carl, "[2]", "[1]", 1),
		"timezone changed, too":  "timezone = \"Europe/Berlin\"\n" + string(before) + carl,
	} {
		write(text)
		_, err := r.reload()
		if !services.IsCode(err, services.CodeNotReloaded) || !strings.Contains(fmt.Sprint(err), problem) {
			t.Errorf("%s: %v", problem, err)
		}
		if people.access.Lookup("telegram", "2") != nil || people.access.Lookup("telegram", "1") == nil || woken != 0 {
			t.Errorf("%s: something was changed", problem)
		}
	}
	write(strings.Replace(string(before), "telegram = [1]", "telegram = [3]", 1) + carl)
	if n, err := r.reload(); n != 2 || err != nil || woken != 1 {
		t.Fatalf("%d, %v, woken %d times", n, err, woken)
	}
	for id, name := range map[string]string{"1": "", "2": "carl", "3": "ann"} {
		got := ""
		if u := people.access.Lookup("telegram", id); u != nil {
			got = u.Name
		}
		if got != name {
			t.Errorf("account %s is %q now, want %q", id, got, name)
		}
	}
}
