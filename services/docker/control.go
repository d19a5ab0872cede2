package docker

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"onionbot/services"
	"onionbot/services/shim"
)

// Target implements [services.Runtime].
func (r *Runtime) Target(id string, p services.Port) string { return r.layout(id).socket(p.Onion) }

// Prepare implements [services.Runtime].
func (r *Runtime) Prepare(_ context.Context, id string) error {
	if !validID.MatchString(id) {
		return fmt.Errorf("docker: %q cannot be the name of a container", id)
	}
	if err := r.layout(id).make(r.opts.Group); err != nil {
		return services.Wrap(services.CodeReadOnlyState, err)
	}
	return nil
}

// SetDeadline implements [services.Runtime]. An instance that never ran is
// [services.CodeNotFound].
func (r *Runtime) SetDeadline(ctx context.Context, id string, deadline time.Time) error {
	release, err := r.lock(ctx, id)
	if err != nil {
		return err
	}
	defer release()
	l := r.layout(id)
	if _, err := os.Lstat(l.control()); errors.Is(err, fs.ErrNotExist) {
		return services.E(services.CodeNotFound)
	}
	return r.writeDeadline(l, deadline)
}

// SetKeys implements [services.Runtime]. sshd reads the file at each login.
func (r *Runtime) SetKeys(ctx context.Context, id string, keys []string) error {
	if err := checkKeys(keys); err != nil {
		return err
	}
	release, err := r.lock(ctx, id)
	if err != nil {
		return err
	}
	defer release()
	l := r.layout(id)
	if _, err := os.Lstat(l.control()); errors.Is(err, fs.ErrNotExist) {
		return services.E(services.CodeNotFound)
	}
	if err := l.writeKeys(keys); err != nil {
		return services.Wrap(services.CodeReadOnlyState, err)
	}
	return nil
}

// checkKeys refuses what would be more than one line of the file.
func checkKeys(keys []string) error {
	for _, key := range keys {
		if strings.ContainsAny(key, "\r\n\x00") {
			return errors.New("docker: an ssh key must be one line")
		}
	}
	return nil
}

// writeKeys replaces the keys that may log in.
func (l layout) writeKeys(keys []string) error {
	text := ""
	for _, key := range keys {
		text += key + "\n"
	}
	return replaceFile(filepath.Join(l.control(), keysFile), []byte(text))
}

// Arm implements [services.Runtime].
func (r *Runtime) Arm(ctx context.Context, id string) error {
	_, err := askShim(ctx, r.layout(id), shim.Request{Op: shim.OpArm})
	return err
}

// Remove implements [services.Runtime].
func (r *Runtime) Remove(ctx context.Context, id string) error {
	if !validID.MatchString(id) {
		return fmt.Errorf("docker: %q cannot be the name of a container", id)
	}
	release, err := r.lock(ctx, id)
	if err != nil {
		return err
	}
	defer release()
	if err := r.removeContainer(ctx, id); err != nil {
		return fmt.Errorf("remove container: %w", err)
	}
	if err := r.removeVolumes(ctx, id); err != nil {
		return err
	}
	if err := os.RemoveAll(r.layout(id).dir); err != nil {
		return services.Wrap(services.CodeReadOnlyState, err)
	}
	return nil
}
