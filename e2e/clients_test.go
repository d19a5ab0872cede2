package e2e

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const clientsImage = "onionbot-test/clients"

// clients is a container with what users open onions with, in the host's
// network, where the visitor's tor has its SOCKS port.
type clients struct {
	t     *testing.T
	flags []string // of docker run
}

// newClients builds the container's image. It takes minutes, so stories with
// clients are told in a soak only; there, what cannot be had fails them.
func newClients(t *testing.T) *clients {
	t.Helper()
	if os.Getenv("ONIONBOT_SOAK") == "" {
		t.Skip("ONIONBOT_SOAK=1 builds an image with every client and tells this story")
	}
	setUp(t)
	var own bytes.Buffer // certificates that this machine trusts, for npm
	for _, name := range must(filepath.Glob("/usr/local/share/ca-certificates/*.crt")) {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		own.Write(append(bytes.TrimSpace(data), '\n'))
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Minute)
	defer cancel()
	build := exec.CommandContext(ctx, "docker", "build", "--quiet", "--build-arg", "BUILD_CA="+own.String(), "--tag", clientsImage, "testdata/clients")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the clients: %v\n%s", err, out)
	}
	host, port, _ := strings.Cut(shared.visitor.SOCKSAddr(), ":")
	return &clients{t: t, flags: []string{
		"--rm", "--network", "host", "--env", "SOCKS=" + host + ":" + port, "--env", "TORSOCKS_TOR_PORT=" + port,
	}}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// with adds flags of docker run.
func (c *clients) with(flags ...string) *clients {
	return &clients{t: c.t, flags: append(append([]string{}, c.flags...), flags...)}
}

// run runs a shell script with the clients; words are its $1 and so on.
func (c *clients) run(script string, words ...string) (string, error) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), 4*time.Minute)
	defer cancel()
	args := append(append([]string{"run"}, c.flags...), clientsImage, "timeout", "200", "bash", "-euo", "pipefail", "-c", script, "clients")
	out, err := exec.CommandContext(ctx, "docker", append(args, words...)...).CombinedOutput()
	c.t.Logf("%s", out)
	return string(out), err
}

// must is run, and fails the story unless the output has each of the wanted.
func (c *clients) must(wanted []string, script string, words ...string) string {
	c.t.Helper()
	out, err := c.run(script, words...)
	if err != nil {
		c.t.Fatalf("%v\n%s", err, out)
	}
	for _, want := range wanted {
		if !strings.Contains(out, want) {
			c.t.Errorf("no %q in:\n%s", want, out)
		}
	}
	return out
}
