package main

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"onionbot/services"
	"onionbot/settings"
)

// problems are all that is wrong with a configuration, each a
// [services.CodeBadConfig].
type problems []error

func (p problems) Error() string {
	lines := make([]string, len(p))
	for i, err := range p {
		lines[i] = sentence(err)
	}
	return strings.Join(lines, "\n")
}

func (p problems) Unwrap() []error { return p }

// loadConfig reads and checks the file. Its errors are [problems], with the
// line where one can be named; the configuration then holds what could be read.
func loadConfig(path string) (*config, error) {
	c, found, err := decodeConfig(path)
	if err != nil {
		return c, err
	}
	wrong := misread(path, found)
	for _, p := range c.check() {
		if !caused(found, p) {
			wrong = append(wrong, badConfig(path, 0, p.say, nil))
		}
	}
	return c, wrong.err()
}

// caused reports whether a problem follows from another one: what could not be
// read is then missing, too.
func caused(found []settings.Problem, p problem) bool {
	for _, f := range found {
		if p.about != "" && f.Concerns(p.about) || f.Key == "" && p.about == "users" {
			return true
		}
	}
	return false
}

// readConfig reads a file that may not be finished yet.
func readConfig(path string) (*config, error) {
	c, found, err := decodeConfig(path)
	if err != nil {
		return c, err
	}
	return c, misread(path, found).err()
}

func (p problems) err() error {
	if len(p) == 0 {
		return nil
	}
	return p
}

func misread(path string, found []settings.Problem) (wrong problems) {
	for _, f := range found {
		args := []string{"file", path, "problem", f.Say}
		if f.Line > 0 {
			args = append(args, "line", strconv.Itoa(f.Line))
		}
		if f.Column > 0 {
			args = append(args, "column", strconv.Itoa(f.Column))
		}
		wrong = append(wrong, services.E(services.CodeBadConfig, args...))
	}
	return wrong
}

// decodeConfig always returns a configuration: the defaults, where nothing
// could be read.
func decodeConfig(path string) (*config, []settings.Problem, error) {
	c := defaultConfig()
	data, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return c, nil, badConfig(path, 0, "there is no such file; copy config.example.toml to it and edit it", err)
	}
	if err != nil {
		return c, nil, badConfig(path, 0, "it cannot be read", err)
	}
	found := settings.Decode(data, c)
	c.relativeTo(filepath.Dir(path))
	return c, found, nil
}

func badConfig(path string, line int, problem string, cause error) error {
	args := []string{"file", path, "problem", problem}
	if line > 0 {
		args = append(args, "line", strconv.Itoa(line))
	}
	return services.Wrap(services.CodeBadConfig, cause, args...)
}
