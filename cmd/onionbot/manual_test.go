package main

import (
	"bytes"
	"os/exec"
	"strings"
	"testing"
)

// typed is what bash offers after the words; the last one is not finished.
func typed(t *testing.T, completion, line string) string {
	t.Helper()
	words := strings.Split(line, " ")
	script := completion + "\nCOMP_WORDS=(" + strings.Join(words[:len(words)-1], " ") + " '" + words[len(words)-1] +
		"'); COMP_CWORD=$((${#COMP_WORDS[@]}-1)); _onionbot; echo \"${COMPREPLY[*]}\""
	out, err := exec.CommandContext(t.Context(), "bash", "-c", script).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return strings.TrimSpace(string(out))
}

func TestBashCompletesCommandsAndFlags(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if code := run([]string{"completion", "bash"}, nil, &out, &out); code != 0 {
		t.Fatal(out.String())
	}
	for line, want := range map[string]string{
		"onionbot mas":                    "mastodon",
		"onionbot mastodon l":             "login",
		"onionbot --x mastodon check --f": "--fix",
		"onionbot run --co":               "--config",
		"onionbot shi":                    "",
	} {
		if got := typed(t, out.String(), line); got != want {
			t.Errorf("%q is completed to %q, want %q", line, got, want)
		}
	}
}

func TestManualNamesEveryCommandAndFlag(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if code := run([]string{"man"}, nil, &out, &out); code != 0 {
		t.Fatal(out.String())
	}
	text := strings.ReplaceAll(out.String(), `\-`, "-")
	for _, want := range []string{".TH ONIONBOT 1", "onionbot run", "onionbot ctl [<words> ...]", "onionbot mastodon login", "--config", "EXIT STATUS"} {
		if !strings.Contains(text, want) {
			t.Errorf("the manual has no %q", want)
		}
	}
	if strings.Contains(text, "Be PID 1") {
		t.Error("the manual tells of what is hidden")
	}
}

func TestCompletionOfAnUnknownShellIsRefused(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if code := run([]string{"completion", "tcsh"}, nil, &out, &out); code != 1 || !strings.Contains(out.String(), "bash, zsh and fish") {
		t.Error(code, out.String())
	}
	for _, shell := range []string{"zsh", "fish"} {
		out.Reset()
		if code := run([]string{"completion", shell}, nil, &out, &out); code != 0 || !strings.Contains(out.String(), "login") {
			t.Error(shell, out.String())
		}
	}
}
