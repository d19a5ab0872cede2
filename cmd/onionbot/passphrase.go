package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"golang.org/x/term"

	"onionbot/services"
)

// passphrase is where the passphrase of a backup comes from: never from the
// command line, which everybody on the machine can read.
type passphrase struct {
	PassphraseFile string `type:"path" help:"A file with the passphrase on its first line, mode 0600; else it is typed."`
}

// shortestPhrase is in characters: who has the file can try as many as they like.
const shortestPhrase = 12

var errNoPhrase = errors.New("there is no terminal to type a passphrase at; give --passphrase-file")

// choose asks for a new passphrase, twice if it is typed.
func (p passphrase) choose(ctx context.Context, s *streams) (services.Secret, error) {
	phrase, err := p.know(ctx, s, "Passphrase for the backup: ")
	if err != nil {
		return "", err
	}
	if len([]rune(phrase.Reveal())) < shortestPhrase {
		return "", fmt.Errorf("the passphrase is too short: %d characters at least, for example five words", shortestPhrase)
	}
	if p.PassphraseFile != "" {
		return phrase, nil
	}
	again, err := p.know(ctx, s, "The same again: ")
	if err == nil && again != phrase {
		err = errors.New("the two passphrases differ; nothing was written")
	}
	return phrase, err
}

// know asks for the passphrase of a backup that is there.
func (p passphrase) know(ctx context.Context, s *streams, prompt string) (services.Secret, error) {
	if p.PassphraseFile != "" {
		data, err := readPrivate(p.PassphraseFile)
		line, _, _ := strings.Cut(string(data), "\n")
		return services.Secret(strings.TrimRight(line, "\r")), err
	}
	if !isTerminal(s.in) {
		return "", errNoPhrase
	}
	fmt.Fprint(s.err, prompt)
	defer fmt.Fprintln(s.err)
	return typeHidden(ctx, s.in)
}

// typeHidden reads a line without showing it. The read cannot be ended, so
// after Ctrl-C it is left behind and the terminal shows again what is typed.
func typeHidden(ctx context.Context, in *os.File) (services.Secret, error) {
	terminal := int(in.Fd())
	before, err := term.GetState(terminal)
	if err != nil {
		return "", err
	}
	type result struct {
		line []byte
		err  error
	}
	read := make(chan result, 1)
	go func() {
		line, err := term.ReadPassword(terminal)
		read <- result{line, err}
	}()
	select {
	case r := <-read:
		return services.Secret(r.line), r.err
	case <-ctx.Done():
		return "", errors.Join(errors.New("stopped; nothing was changed"), term.Restore(terminal, before))
	}
}

// readPrivate reads a file that nobody else may read.
func readPrivate(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Mode().Perm()&0o077 != 0 && info.Mode().IsRegular() {
		return nil, fmt.Errorf("others may read %s; type: chmod 600 %s", path, path)
	}
	return os.ReadFile(path)
}
