package backup

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"filippo.io/age"
)

// ErrNotABackup is what a file is that is damaged, cut off or something else.
var ErrNotABackup = errors.New("the file is not a whole backup")

// reader is a backup that was opened.
type reader struct {
	file  *os.File
	plain io.Reader
	*tar.Reader
}

func open(path string, with []age.Identity) (*reader, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read backup: %w", err)
	}
	plain, err := age.Decrypt(f, with...)
	if err == nil {
		return &reader{f, plain, tar.NewReader(plain)}, nil
	}
	_ = f.Close()
	var noMatch *age.NoIdentityMatchError
	if !errors.As(err, &noMatch) {
		return nil, damaged(err)
	}
	if _, ok := with[0].(*age.ScryptIdentity); ok {
		return nil, ErrWrongPhrase
	}
	return nil, ErrWrongKey
}

func damaged(err error) error { return fmt.Errorf("%w (%w)", ErrNotABackup, err) }

// First returns the first file in the backup at path if it has that name,
// which may have limit bytes at most.
func First(path string, with []age.Identity, name string, limit int64) ([]byte, error) {
	r, err := open(path, with)
	if err != nil {
		return nil, err
	}
	defer r.file.Close()
	head, err := r.Next()
	if err != nil {
		return nil, damaged(err)
	}
	if head.Name != name || head.Size > limit {
		return nil, damaged(fmt.Errorf("it begins with %q", head.Name))
	}
	data, err := io.ReadAll(r)
	if err != nil {
		return nil, damaged(err)
	}
	return data, nil
}

// Extract writes everything that is in the backup at path below dir, which
// must be there: directories 0700, files 0600, or 0700 if they can be run.
// Nothing is written outside dir. After an error what is there is not to be used.
func Extract(ctx context.Context, path string, with []age.Identity, dir string) error {
	r, err := open(path, with)
	if err != nil {
		return err
	}
	defer r.file.Close()
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	defer root.Close()
	for {
		head, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return damaged(err)
		}
		if err := extract(ctx, root, head, r); err != nil {
			return err
		}
	}
	if _, err := io.Copy(io.Discard, r.plain); err != nil { // the end is signed, too
		return damaged(err)
	}
	return nil
}

func extract(ctx context.Context, root *os.Root, head *tar.Header, from io.Reader) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if head.Typeflag != tar.TypeReg || !filepath.IsLocal(head.Name) {
		return damaged(fmt.Errorf("it holds %q", head.Name))
	}
	if err := root.MkdirAll(filepath.Dir(head.Name), 0o700); err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	mode := os.FileMode(0o600)
	if head.Mode&0o100 != 0 {
		mode = 0o700
	}
	f, err := root.OpenFile(head.Name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode)
	if err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	if _, err := io.Copy(f, from); err != nil {
		return errors.Join(damaged(err), f.Close())
	}
	return errors.Join(f.Chmod(mode), f.Sync(), f.Close())
}
