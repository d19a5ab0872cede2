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
	"onionbot/services/catalog"
	"onionbot/services/docker"
	"onionbot/tor"
)

type doctorCmd struct {
	Config string `default:"config.toml" type:"path" help:"The configuration file."`
}

// finding is what one examination says.
type finding struct {
	what string
	err  error // nil = well; a sentence for the operator
	warn bool  // the note is one to think about
	note string
}

// Run examines the machine and says what is missing, one line each.
func (c doctorCmd) Run(ctx context.Context, s *streams) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	cfg, err := loadConfig(c.Config)
	findings := []finding{{what: "configuration", err: err, note: c.Config}}
	if err != nil { // what it would name is not known
		cfg = defaultConfig()
		findings = append(findings, examineTor(ctx, cfg))
		findings = append(findings, examineDocker(ctx, cfg)...)
	} else {
		findings = append(findings, examine(ctx, cfg)...)
	}
	if printFindings(s.out, findings) {
		return nil
	}
	return exitCode(1)
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

func examine(ctx context.Context, cfg *config) []finding {
	findings := []finding{examineTor(ctx, cfg), examineDir("state directory", cfg.StateDir), examineDir("run directory", cfg.RunDir)}
	findings = append(findings, examineDocker(ctx, cfg)...)
	for name, file := range map[string]string{"telegram token": cfg.Telegram.TokenFile, "mastodon token": cfg.Mastodon.TokenFile} {
		if file != "" {
			_, err := readToken(file)
			findings = append(findings, finding{what: name, err: err, note: file})
		}
	}
	return findings
}

func examineTor(ctx context.Context, cfg *config) finding {
	f := finding{what: "tor"}
	if len(cfg.Tor.ControlSockets) > 0 {
		f.note = "run by somebody else: " + strings.Join(cfg.Tor.ControlSockets, ", ")
		for _, socket := range cfg.Tor.ControlSockets {
			if _, err := os.Stat(socket); err != nil {
				f.err = services.Wrap(services.CodeUnavailable, err, "what", "tor")
			}
		}
		return f
	}
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

func examineDocker(ctx context.Context, cfg *config) []finding {
	engine, images := finding{what: "docker"}, finding{what: "catalogue"}
	defs, err := catalog.Load(cfg.ServicesDir, cfg.Services...)
	if err != nil {
		images.err = err
	} else {
		var names []string
		for _, d := range defs {
			names = append(names, d.Name)
		}
		images.note = strings.Join(names, ", ")
	}
	runtime, err := docker.New(docker.Options{RunDir: filepath.Join(cfg.RunDir, "i"), Installation: "doctor", Host: cfg.Docker.Host})
	if err != nil {
		engine.err = err
		return []finding{engine, images}
	}
	defer runtime.Close()
	if engine.err = runtime.Ping(ctx); engine.err != nil {
		return []finding{engine, images}
	}
	engine.note = "the engine answers"
	if e, err := runtime.Describe(ctx); err == nil && !slices.Contains(e.Security, "seccomp") {
		engine.warn = true
		engine.note += ", but says nothing of seccomp: without it, it starts no service"
	}
	findings := []finding{engine, images}
	for _, d := range defs {
		built, err := runtime.ImageBuilt(ctx, d)
		findings = append(findings, imageAge(d.Name, built, time.Duration(cfg.Docker.ImageAge), err))
	}
	return findings
}

// imageAge says how old a service's image is; built is zero if there is none.
func imageAge(service string, built time.Time, limit time.Duration, err error) finding {
	f := finding{what: "image " + service, err: err, note: "not built yet"}
	if err != nil || built.IsZero() {
		return f
	}
	age := time.Since(built)
	f.note = fmt.Sprintf("%d days old", age/(24*time.Hour))
	if limit > 0 && age > limit+24*time.Hour {
		f.warn = true
		f.note += ", older than docker.image_age: it could not be rebuilt, or the bot did not run (see its log)"
	}
	return f
}

// readToken reads a secret from a file that only its owner may read.
func readToken(path string) (services.Secret, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", badConfig(path, 0, "the token file cannot be read", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return "", badConfig(path, 0, "others may read this token; type: chmod 600 "+path, nil)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return "", badConfig(path, 0, "the token file cannot be read", err)
	}
	token := strings.TrimSpace(string(data))
	if token == "" || strings.ContainsAny(token, " \t\r\n") {
		return "", badConfig(path, 0, "it does not hold one token on one line", nil)
	}
	return services.Secret(token), nil
}
