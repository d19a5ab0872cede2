package docker

import (
	"archive/tar"
	"context"
	"fmt"
	"io"

	"github.com/docker/docker/api/types/container"
)

// maxAccounts bounds what is read of an image's file of accounts, in bytes.
const maxAccounts = 1 << 20

// accounts reads an image's /etc/passwd and /etc/group, once for each image.
// The engine gives out files of containers only, so one is made that never
// runs. It has one name, so that a crash leaves one at most.
func (r *Runtime) accounts(ctx context.Context, imageID string) (accountFiles, error) {
	r.lookMu.Lock()
	defer r.lookMu.Unlock()
	if a, ok := r.looked[imageID]; ok {
		return a, nil
	}
	if err := r.removeLook(ctx); err != nil {
		return accountFiles{}, err
	}
	err := call(ctx, slowCall, func(ctx context.Context) error {
		_, err := r.cli.ContainerCreate(ctx, &container.Config{
			Image: imageID, Entrypoint: []string{"/"}, NetworkDisabled: true, Labels: map[string]string{labelOurs: "1", labelInstallation: r.opts.Installation},
		}, &container.HostConfig{NetworkMode: "none"}, nil, nil, r.lookName())
		return err
	})
	if err != nil {
		return accountFiles{}, fmt.Errorf("look into the image: %w", err)
	}
	a := accountFiles{passwd: r.readFile(ctx, "/etc/passwd"), group: r.readFile(ctx, "/etc/group")}
	if err := r.removeLook(ctx); err != nil {
		return accountFiles{}, err
	}
	r.looked[imageID] = a
	return a, nil
}

func (r *Runtime) lookName() string { return "onionbot-look-" + r.opts.Installation }

func (r *Runtime) removeLook(ctx context.Context) error {
	err := call(ctx, slowCall, func(ctx context.Context) error {
		return r.cli.ContainerRemove(ctx, r.lookName(), container.RemoveOptions{Force: true, RemoveVolumes: true})
	})
	if err != nil && !isNotFound(err) {
		return fmt.Errorf("look into the image: %w", err)
	}
	return nil
}

// readFile reads a small file of the container that is made to look into; ""
// if it has none.
func (r *Runtime) readFile(ctx context.Context, path string) (text string) {
	_ = call(ctx, quickCall, func(ctx context.Context) error {
		stream, _, err := r.cli.CopyFromContainer(ctx, r.lookName(), path)
		if err != nil {
			return err
		}
		defer stream.Close()
		files := tar.NewReader(stream)
		h, err := files.Next()
		if err != nil || h.Typeflag != tar.TypeReg {
			return err
		}
		b, err := io.ReadAll(io.LimitReader(files, maxAccounts))
		text = string(b)
		return err
	})
	return text
}
