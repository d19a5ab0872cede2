package backup

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"filippo.io/age"
)

// partSuffix marks what is not whole yet. It is encrypted, too.
const partSuffix = ".part"

// Archive is a backup that is being written.
type Archive struct {
	ctx context.Context
	tar *tar.Writer
}

// Write makes the file at path, mode 0600, with what fill puts into it. The
// file must not exist; it is there when it is whole, and not before.
func Write(ctx context.Context, path string, to age.Recipient, fill func(*Archive) error) error {
	if _, err := os.Lstat(path); err == nil {
		return fmt.Errorf("write backup: %w", &fs.PathError{Op: "create", Path: path, Err: fs.ErrExist})
	}
	part := path + partSuffix
	if err := os.Remove(part); err != nil && !errors.Is(err, fs.ErrNotExist) { // of one that was killed
		return fmt.Errorf("write backup: %w", err)
	}
	f, err := os.OpenFile(part, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("write backup: %w", err)
	}
	err = encrypt(ctx, f, to, fill)
	if err == nil {
		err = errors.Join(f.Chmod(0o600), f.Sync())
	}
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(part, path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("write backup: %w", err), os.Remove(part))
	}
	return nil
}

func encrypt(ctx context.Context, out io.Writer, to age.Recipient, fill func(*Archive) error) error {
	sealed, err := age.Encrypt(out, to)
	if err != nil {
		return err
	}
	a := &Archive{ctx, tar.NewWriter(sealed)}
	if err := fill(a); err != nil {
		return err
	}
	return errors.Join(a.tar.Close(), sealed.Close())
}

// AddBytes adds a file with that content.
func (a *Archive) AddBytes(name string, data []byte) error {
	if err := a.tar.WriteHeader(&tar.Header{Name: name, Size: int64(len(data)), Mode: 0o600}); err != nil {
		return err
	}
	_, err := a.tar.Write(data)
	return err
}

// AddFile adds the file at path under that name.
func (a *Archive) AddFile(name, path string) error {
	if err := a.ctx.Err(); err != nil {
		return err
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if err := a.tar.WriteHeader(&tar.Header{Name: name, Size: info.Size(), Mode: int64(info.Mode().Perm() & 0o700)}); err != nil {
		return err
	}
	_, err = io.CopyN(a.tar, f, info.Size())
	return err
}

// AddTree adds the files below dir under name/. What goes away meanwhile is
// left out, and so is a tree that is not there.
func (a *Archive) AddTree(name, dir string) error {
	return filepath.WalkDir(dir, func(at string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			var inner string
			if inner, err = filepath.Rel(dir, at); err == nil {
				err = a.AddFile(path.Join(name, filepath.ToSlash(inner)), at)
			}
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	})
}
