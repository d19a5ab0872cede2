package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"onionbot/private"
	"onionbot/services"
	"onionbot/tor"
)

type doctorCmd struct {
	Config string `default:"${config}" type:"path" help:"The configuration file."`
}

// finding is what one examination says.
type finding struct {
	what string
	err  error // nil = well; a sentence for the operator
	warn bool  // the note is one to think about
	note string
}

// Run examines the machine and says everything that is missing, one line each.
func (c doctorCmd) Run(ctx context.Context, s *streams) error {
	ctx, cancel := context.WithTimeout(ctx, doctorLimit)
	defer cancel()
	cfg, err := loadConfig(c.Config)
	findings := examineConfig(c.Config, err)
	var wrong problems
	switch {
	case err == nil || errors.As(err, &wrong):
		findings = append(findings, examine(ctx, cfg, err == nil, s.err)...)
	default: // there is no file: what it would name is not known
		findings = append(findings, examineTor(ctx, cfg))
		findings = append(findings, examineDocker(ctx, cfg)...)
	}
	if printFindings(s.out, findings) {
		return nil
	}
	return exitCode(1)
}

// doctorLimit bounds an examination. It has to join the Tor network.
const doctorLimit = 2 * time.Minute

// examineConfig has a line for each thing that is wrong.
func examineConfig(path string, err error) (found []finding) {
	var wrong problems
	if !errors.As(err, &wrong) {
		return []finding{{what: "configuration", err: err, note: path}}
	}
	for _, err := range wrong {
		found = append(found, finding{what: "configuration", err: err})
	}
	return found
}

func printFindings(w io.Writer, findings []finding) (well bool) {
	well = true
	for _, f := range findings {
		mark, text := "ok  ", f.note
		switch {
		case f.err != nil:
			mark, text, well = "FAIL", sentence(f.err), false
		case f.warn:
			mark = "warn"
		}
		fmt.Fprintf(w, "%s  %-15s %s\n", mark, f.what, text)
	}
	return well
}

// examine looks at all that the configuration names; whole says that all of it
// could be read.
func examine(ctx context.Context, cfg *config, whole bool, progress io.Writer) []finding {
	findings := examineNeighbours(ctx, cfg)
	if len(cfg.Tor.ControlSockets) == 0 {
		findings = append(findings, examineTor(ctx, cfg))
	}
	torWorks := !slices.ContainsFunc(findings, func(f finding) bool { return f.err != nil })
	for _, dir := range []struct{ what, path string }{{"state directory", cfg.StateDir}, {"run directory", cfg.RunDir}} {
		if whole || exists(dir.path) { // else it may not be the one that is meant
			findings = append(findings, examineDir(dir.what, dir.path))
		}
	}
	findings = append(findings, examineDocker(ctx, cfg)...)
	for _, token := range []struct{ name, file string }{{"telegram token", cfg.Telegram.TokenFile}, {"mastodon token", cfg.Mastodon.TokenFile}} {
		if token.file != "" {
			_, err := readToken(token.file)
			findings = append(findings, finding{what: token.name, err: err, note: token.file})
		}
	}
	return append(findings, examineNetworks(ctx, cfg, progress, torWorks)...)
}

func examineTor(ctx context.Context, cfg *config) finding {
	f := finding{what: "tor"}
	out, err := exec.CommandContext(ctx, cfg.Tor.Program, "--version").Output()
	if err != nil {
		f.err = services.Wrap(services.CodeUnavailable, err, "what", "tor")
		return f
	}
	f.note, _, _ = strings.Cut(string(out), "\n")
	if pow, err := tor.ProofOfWork(ctx, cfg.Tor.Program); err == nil && !pow {
		f.note += " Addresses have no proof of work against floods: this tor is older than 0.4.9, or was built without."
	}
	lines, err := includeLines(cfg.Tor.TorrcInclude)
	if err == nil {
		var who tor.Account
		if who, err = tor.FindAccount(cfg.Tor.User); err == nil {
			err = tor.Verify(ctx, cfg.Tor.Program, lines, who)
		}
	}
	if errors.Is(err, tor.ErrEnded) {
		err = services.Wrap(services.CodeUnavailable, err, "what", "tor")
	}
	f.err = err
	return f
}

// examineDir tries to write where the bot will write.
func examineDir(what, dir string) finding {
	f := finding{what: what, note: dir}
	if f.err = private.Dir(dir, slog.New(slog.DiscardHandler), dirMarks()...); f.err != nil {
		return f
	}
	try := filepath.Join(dir, ".doctor")
	if err := os.WriteFile(try, []byte("x"), 0o600); err != nil {
		f.err = services.Wrap(services.CodeReadOnlyState, err)
		return f
	}
	_ = os.Remove(try)
	return tellingDir(f)
}

// tellingDir warns of a directory whose name tells whose it is: services read
// it in their list of mounts.
func tellingDir(f finding) finding {
	if dir, err := filepath.Abs(f.note); err == nil && strings.HasPrefix(dir, "/home/") {
		f.warn = true
		f.note += " (services can read this name; a directory outside /home tells less, like /var/lib/onionbot)"
	}
	return f
}

// readToken reads a secret from a file that only its owner may read.
func readToken(path string) (services.Secret, error) {
	file, fromSystemd := credential(path)
	info, err := os.Stat(file)
	if err != nil {
		return "", badConfig(path, 0, "the token file cannot be read", err)
	}
	if info.Mode().Perm()&0o077 != 0 && !fromSystemd { // systemd's access list shows as a group's right
		return "", badConfig(path, 0, "others may read this token; type: chmod 600 "+path, nil)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return "", badConfig(path, 0, "the token file cannot be read", err)
	}
	token := strings.TrimSpace(string(data))
	if token == "" || strings.ContainsAny(token, " \t\r\n") {
		return "", badConfig(path, 0, "it does not hold one token on one line", nil)
	}
	return services.Secret(token), nil
}
