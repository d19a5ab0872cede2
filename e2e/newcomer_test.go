package e2e

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// newcomersApp is a web server of the packages that every Debian has. It
// answers with its own address and secret.
const newcomersApp = `#!/usr/bin/perl
use IO::Socket::INET; $SIG{TERM} = sub { exit };
if ($ENV{NOTE}) { mkdir "/var/lib/wiki/n" or die "mkdir /var/lib/wiki/n: $!\n"; }
my $s = IO::Socket::INET->new(Listen => 9, LocalAddr => "127.0.0.1", LocalPort => 3000, ReuseAddr => 1) or die "bind: $!\n";
while (my $c = $s->accept) { while (<$c>) { last if /^\r?$/ }
print $c "HTTP/1.0 200 OK\r\n\r\nthis is $ENV{BASE} for $ENV{WHO}\n"; close $c; }
`

// newcomer is whoever has a folder of services.
type newcomer struct {
	*bot
	dir string
}

// check tries the service, and returns what is said and the exit code.
func (n newcomer) check() (said string, code int) {
	n.t.Helper()
	ctx, cancel := context.WithTimeout(n.t.Context(), 3*time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, shared.binary, "services", "check", n.dir, "--patience", "5s", "--config", filepath.Join(n.bot.dir, "config.toml")).CombinedOutput()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		code = exit.ExitCode()
	} else if err != nil {
		n.t.Fatalf("%v: %s", err, out)
	}
	return string(out), code
}

// edit replaces a part of a file.
func (n newcomer) edit(name, from, to string) {
	n.t.Helper()
	path := filepath.Join(n.dir, name)
	text, err := os.ReadFile(path)
	if err != nil || !strings.Contains(string(text), from) {
		n.t.Fatalf("no %q in %s (%v)", from, name, err)
	}
	if err := os.WriteFile(path, []byte(strings.Replace(string(text), from, to, 1)), 0o600); err != nil {
		n.t.Fatal(err)
	}
}

func (n newcomer) wants(code int, words string) {
	n.t.Helper()
	if said, got := n.check(); got != code || !strings.Contains(said, words) {
		n.t.Errorf("exit code %d, want %d and %q in:\n%s", got, code, words, said)
	}
}

// TestNewcomerWritesAService makes the mistakes that are made, and reads what
// to do about each.
func TestNewcomerWritesAService(t *testing.T) {
	t.Parallel()
	b := newBot(t, "services_dir = \"own\"\n[[users]]\nname = \"ann\"\noperator = true\nservices = [\"*\"]\nmax_instances = 3\n")
	text, err := os.ReadFile(filepath.Join(b.dir, "config.toml"))
	if err != nil {
		t.Fatal(err)
	}
	b.write("config.toml", "services_dir = \"own\"\n"+strings.Replace(string(text), "services_dir = \"own\"\n", "", 1))
	if err := os.Mkdir(filepath.Join(b.dir, "own"), 0o700); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), shared.binary, "services", "new", "wiki", "--config", filepath.Join(b.dir, "config.toml")).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "services check") {
		t.Fatalf("%v: %s", err, out)
	}
	n := newcomer{b, filepath.Join(b.dir, "own", "wiki")}
	if err := os.WriteFile(filepath.Join(n.dir, "serve"), []byte(newcomersApp), 0o700); err != nil {
		t.Fatal(err)
	}
	n.edit("Dockerfile", " && apt-get update \\\n && apt-get install -y --no-install-recommends busybox \\\n && rm -rf /var/lib/apt/lists/*", " && mkdir /var/lib/wiki")
	n.edit("Dockerfile", "COPY index.html /srv/page/", "COPY serve /srv/")
	n.edit("Dockerfile", `CMD ["busybox", "httpd", "-f", "-p", "127.0.0.1:8080", "-h", "/srv/page"]`, `CMD ["/srv/serve"]`)
	n.wants(1, "the app listens on 3000")
	n.edit("Dockerfile", "EXPOSE 8080", "EXPOSE 3000")
	n.edit("service.toml", `summary =`, `summry =`)
	n.wants(1, `did you mean "summary"?`)
	n.edit("service.toml", `summry =`, "env = [\"NOTE=1\", \"BASE=http://{address}/\", \"WHO={secret.me}\"]\nsecrets = [\"me\"]\nopen = \"http://{address}/ as {secret.me}\"\nsummary =")
	n.wants(1, `add "/var/lib/wiki" = "16MiB" under [tmpfs]`)
	n.edit("service.toml", "# [tmpfs]", "[tmpfs]\n\"/var/lib/wiki\" = \"1MiB\"")
	n.wants(0, "wiki can be started")

	b.start()
	said := b.ctl("start", "wiki", "for", "1h")
	onion := address(t, said)
	_, secret, _ := strings.Cut(strings.SplitN(said, "\n", 3)[1], " as ")
	if page := mustVisit(t, onion); len(secret) != 26 || !strings.Contains(page, "this is http://"+onion+"/ for "+secret) {
		t.Errorf("the page says %q, and the answer was %q", page, said)
	}
	b.ctl("stop", "wiki")
	b.wantNothingLeft(strings.TrimSuffix(onion, ".onion"), secret)
}
