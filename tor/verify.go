package tor

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
)

// ErrEnded says that a tor's process has ended. What tor said before it did
// follows in the message.
var ErrEnded = errors.New("the tor process has ended")

// Verify has the tor program read the torrc of a managed tor with these lines,
// without running it, as
// this account. The error wraps [ErrEnded] and holds what tor complains
// of; it wraps [exec.ErrNotFound] if there is no such program, and is a
// [services.CodeBadConfig] for a name that is not one of tor's options.
func Verify(ctx context.Context, program string, lines []string, who Account) error {
	path, err := exec.LookPath(program)
	if err != nil {
		return err
	}
	if err := checkNames(ctx, path, lines); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "tor")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := who.Admit(dir); err != nil {
		return err
	}
	pl := placeOf(dir, dir, "verify")
	if err := pl.prepare(pl.render(lines, 0), who); err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, path, "--verify-config", "--defaults-torrc", os.DevNull, "-f", pl.torrc)
	cmd.Env = []string{"HOME=" + dir, "PATH=" + os.Getenv("PATH")}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: who.credential()}
	out, err := cmd.CombinedOutput()
	if err == nil {
		return nil
	}
	words := complained(string(out))
	if len(words) == 0 {
		words = []string{err.Error()}
	}
	said := strings.ReplaceAll(strings.Join(words, " / "), dir+string(filepath.Separator), "")
	return fmt.Errorf("%w: %s", ErrEnded, said)
}
