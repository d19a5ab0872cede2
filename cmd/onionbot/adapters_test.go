package main

import (
	"slices"
	"testing"
)

func TestTheMenuHasWhatHelpListsAndNothingForOperators(t *testing.T) {
	var names []string
	for _, c := range menu() {
		names = append(names, c.Name)
	}
	want := []string{"start", "stop", "list", "status", "more", "add", "clear", "qr", "services", "whoami", "link", "share", "unshare", "key", "keys", "allow", "help"}
	if !slices.Equal(names, want) {
		t.Errorf("the menu has %q, want %q", names, want)
	}
}
