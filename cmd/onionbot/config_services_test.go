package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"onionbot/services/catalog"
)

func TestExampleServiceIsOne(t *testing.T) {
	data, err := os.ReadFile(example)
	if err != nil {
		t.Fatal(err)
	}
	text, block, ok := strings.Cut(string(data), "# [[services]]\n")
	if !ok {
		t.Fatal("the example has no service")
	}
	path := filepath.Join(t.TempDir(), "config.toml")
	text += "[[services]]\n" + regexp.MustCompile(`(?m)^# `).ReplaceAllString(block, "")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, err := loadConfig(path)
	if err != nil {
		t.Fatal(err)
	}
	defs, err := catalog.Load(cfg.ServicesDir, cfg.Services...)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range defs {
		if d.Name == "wiki" && d.Image == "wiki:1.0" && d.Tmpfs["/var/lib/wiki"] != "" {
			return
		}
	}
	t.Errorf("it has no wiki: %v", cfg.Services)
}
