package docker

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/api/types/volume"

	"onionbot/services"
)

// volumesMark stands in the directory of an instance that has volumes.
const volumesMark = "volumes"

// volumeName is an instance's volume, by its place among the sorted paths.
func volumeName(id string, n int) string { return fmt.Sprintf("%s-%d", containerName(id), n) }

// bound makes the volumes of the definition, each with a quota, so that no app
// fills the host's disk. An engine that has no quotas (its file system must be
// xfs with project quotas) cannot bound a directory: there they are memory, of
// the same size, and begin anew with a container that is replaced.
func (r *Runtime) bound(ctx context.Context, l layout, spec services.ContainerSpec) (services.ContainerSpec, error) {
	d := spec.Definition
	if len(d.Volumes) == 0 {
		return spec, nil
	}
	if err := replaceFile(filepath.Join(l.dir, volumesMark), nil); err != nil {
		return spec, services.Wrap(services.CodeReadOnlyState, err)
	}
	err := r.makeVolumes(ctx, spec)
	if err == nil || !strings.Contains(err.Error(), "quota") {
		return spec, err
	}
	r.log.Warn("the engine has no quotas for volumes: they are kept in memory", "service", d.Name)
	inMemory := *d
	inMemory.Tmpfs, inMemory.Volumes = maps.Clone(d.Tmpfs), nil
	if inMemory.Tmpfs == nil {
		inMemory.Tmpfs = make(map[string]string)
	}
	for path, size := range d.Volumes {
		inMemory.Tmpfs[path] = services.TmpfsOptions(size)
	}
	spec.Definition = &inMemory
	return spec, nil
}

func (r *Runtime) makeVolumes(ctx context.Context, spec services.ContainerSpec) error {
	for n, path := range slices.Sorted(maps.Keys(spec.Definition.Volumes)) {
		err := call(ctx, slowCall, func(ctx context.Context) error {
			_, err := r.cli.VolumeCreate(ctx, volume.CreateOptions{
				Name: volumeName(spec.ID, n), Driver: "local",
				DriverOpts: map[string]string{"size": fmt.Sprint(spec.Definition.Volumes[path])},
				Labels:     map[string]string{labelOurs: "1", labelInstallation: r.opts.Installation, labelInstance: spec.ID},
			})
			return err
		})
		if err != nil {
			return fmt.Errorf("make a volume: %w", err)
		}
	}
	return nil
}

// removeVolumes removes those of an instance, if it had any.
func (r *Runtime) removeVolumes(ctx context.Context, id string) error {
	if _, err := os.Lstat(filepath.Join(r.layout(id).dir, volumesMark)); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	filter := r.ours()
	filter.Add("label", labelInstance+"="+id)
	return r.wipeVolumes(ctx, filter)
}

func (r *Runtime) wipeVolumes(ctx context.Context, which filters.Args) error {
	var found volume.ListResponse
	err := call(ctx, slowCall, func(ctx context.Context) (err error) {
		found, err = r.cli.VolumeList(ctx, volume.ListOptions{Filters: which})
		return err
	})
	if err != nil {
		return fmt.Errorf("list volumes: %w", err)
	}
	for _, v := range found.Volumes {
		err := call(ctx, slowCall, func(ctx context.Context) error { return r.cli.VolumeRemove(ctx, v.Name, true) })
		if err != nil && !isNotFound(err) {
			return fmt.Errorf("remove a volume: %w", err)
		}
	}
	return nil
}
