package e2e

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"onionbot/bots/mastodon/mastodontest"
)

// leastScopes is all that a bot may do to an account: read who wrote and
// whether they want to hear from it, and answer.
var leastScopes = []string{
	"read:accounts", "read:follows", "read:notifications", "read:statuses", "write:media", "write:statuses",
}

// TestMastodonIsSetUpThroughTor is what a person types once, with a tor that
// is there for as long as the command.
func TestMastodonIsSetUpThroughTor(t *testing.T) {
	t.Parallel()
	setUp(t)
	server := mastodontest.New(t, mastodontest.Mastodon45)
	ann := server.AddAccount("ann@elsewhere.example")
	b := newBot(t, mastodonUser(server.URL, ann))
	exits := watchPeers(t, server)

	out := b.login(server)
	info, err := os.Stat(filepath.Join(b.dir, "token"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("token file: %v, %v\n%s", info, err, out)
	}
	token, err := os.ReadFile(filepath.Join(b.dir, "token"))
	if err != nil {
		t.Fatal(err)
	}
	secret := strings.TrimSpace(string(token))
	if got := server.Scopes(secret); !slices.Equal(got, leastScopes) {
		t.Errorf("the token may do %v", got)
	}
	if strings.Contains(out, secret) || !strings.Contains(out, "@onionbot@") {
		t.Errorf("login says:\n%s", out)
	}

	listed, err := os.ReadFile(filepath.Join(b.dir, "config.toml"))
	if err != nil {
		t.Fatal(err)
	}
	b.write("config.toml", strings.Replace(string(listed), ann.ID+" "+ann.URI, ann.Acct, 1))
	out, err = b.mastodon(time.Minute, nil, "check")
	if err == nil || !strings.Contains(out, fmt.Sprintf("%q", ann.ID+" "+ann.URI)) {
		t.Errorf("check of an address: %v\n%s", err, out)
	}
	b.write("config.toml", string(listed))
	out, err = b.mastodon(time.Minute, nil, "check")
	if err != nil || !strings.Contains(out, ann.ID) || !strings.Contains(out, ann.URI) || strings.Contains(out, secret) {
		t.Errorf("check: %v\n%s", err, out)
	}
	server.SetPolicy("for_private_mentions", "filter")
	out, err = b.mastodon(time.Minute, nil, "check")
	if err == nil || !strings.Contains(out, "for_private_mentions") {
		t.Errorf("check of mentions that are held back: %v\n%s", err, out)
	}
	out = b.login(server, "--manage")
	fixed, err := b.mastodon(time.Minute, strings.NewReader("n\ny\n"), "check", "--fix")
	if err != nil || !server.Following(ann) {
		t.Errorf("repair: %v\n%s\nafter\n%s", err, fixed, out)
	}
	if n := exits(); n < 15 {
		t.Errorf("only %d requests were seen", n)
	}
}

// TestMastodonIsNeverSetUpPastTor takes tor away: then nothing is sent at all.
func TestMastodonIsNeverSetUpPastTor(t *testing.T) {
	t.Parallel()
	setUp(t)
	server := mastodontest.New(t, mastodontest.Mastodon45)
	ann := server.AddAccount("ann@elsewhere.example")
	b := newBot(t, mastodonUser(server.URL, ann))
	b.write("token", mastodontest.Token)
	network, err := os.ReadFile(filepath.Join(b.dir, "torrc"))
	if err != nil {
		t.Fatal(err)
	}
	config, err := os.ReadFile(filepath.Join(b.dir, "config.toml"))
	if err != nil {
		t.Fatal(err)
	}
	noProgram := strings.Replace(string(config), "[tor]\n", "[tor]\nprogram = \"/bin/false\"\n", 1)
	for name, c := range map[string]struct{ torrc, config string }{
		"no tor":        {string(network), noProgram},
		"no network":    {anyPort.ReplaceAllString(string(network), "${1}1"), string(config)},
		"no such torrc": {"NoSuchLine 1\n", string(config)},
	} {
		b.write("torrc", c.torrc)
		b.write("config.toml", c.config)
		for _, args := range [][]string{{"login", server.URL}, {"check"}} {
			if out, err := b.mastodon(10*time.Second, nil, args...); err == nil {
				t.Errorf("%s: %s succeeds:\n%s", name, args[0], out)
			}
		}
	}
	b.write("torrc", string(network)) // for the taking down
	b.write("config.toml", string(config))
	if r := server.Requests(); len(r) > 0 {
		t.Errorf("%d requests went past tor, the first %s %s", len(r), r[0].Method, r[0].Path)
	}
}

// anyPort are the ways to the directory authorities in a torrc.
var anyPort = regexp.MustCompile(`(orport=|127\.0\.0\.1:)\d+`)

// mastodon runs a set-up command and interrupts it when it takes too long.
func (b *bot) mastodon(limit time.Duration, in io.Reader, args ...string) (string, error) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.t.Context(), limit)
	defer cancel()
	cmd := b.mastodonCommand(ctx, args...)
	cmd.Stdin = in
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func (b *bot) mastodonCommand(ctx context.Context, args ...string) *exec.Cmd {
	args = append([]string{"mastodon"}, append(args, "--config", filepath.Join(b.dir, "config.toml"))...)
	cmd := exec.CommandContext(ctx, shared.binary, args...)
	cmd.Dir = b.dir
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 15 * time.Second
	return cmd
}

var authorizeAddress = regexp.MustCompile(`http\S+/oauth/authorize\S+`)

// login is the person at the terminal: it opens the address that is printed
// and types the code that the server shows.
func (b *bot) login(server *mastodontest.Server, flags ...string) string {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.t.Context(), time.Minute)
	defer cancel()
	cmd := b.mastodonCommand(ctx, append([]string{"login", server.URL}, flags...)...)
	out := &syncBuffer{}
	cmd.Stdout, cmd.Stderr = out, out
	keys, err := cmd.StdinPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		b.t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for asked := false; ; {
		select {
		case err := <-ended:
			if err != nil {
				b.t.Fatalf("login: %v\n%s", err, out)
			}
			return out.String()
		case <-time.After(50 * time.Millisecond): // a real process, seen from outside
		}
		if text := out.String(); !asked && strings.Contains(text, "paste the code") {
			asked = true
			if _, err := fmt.Fprintln(keys, server.Authorize(authorizeAddress.FindString(text))); err != nil {
				b.t.Error(errors.Join(errors.New("the code was not taken"), err))
			}
		}
	}
}
