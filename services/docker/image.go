package docker

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/docker/docker/api/types/build"
	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/api/types/image"

	"onionbot/services"
)

// buildPatience bounds one image build, package downloads included.
const buildPatience = 20 * time.Minute

// imageBuild is a build that is under way; whoever wants the image joins it.
type imageBuild struct {
	done chan struct{} // closed at the end; then err is set
	err  error

	mu      sync.Mutex
	step    string
	changed chan struct{} // closed at the next step
}

// EnsureImage implements [services.Runtime]. A build goes on when its caller
// gives up: the next one will want it. An image that cannot be built is
// [services.CodeUnavailable] (what: "image").
func (r *Runtime) EnsureImage(ctx context.Context, d *services.Definition, progress func(step string)) error {
	ref := d.Ref()
	if r.knowsImage(ref) {
		return nil
	}
	has, err := r.hasImage(ctx, ref)
	if err != nil {
		return err
	}
	if has {
		return nil
	}
	return r.join(d, build.ImageBuildOptions{}).wait(ctx, progress)
}

// hasImage asks the engine.
func (r *Runtime) hasImage(ctx context.Context, ref string) (bool, error) {
	err := call(ctx, quickCall, func(ctx context.Context) error {
		_, err := r.cli.ImageInspect(ctx, ref)
		return err
	})
	if isNotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("inspect image: %w", err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.images[ref] = true
	return true, nil
}

func (r *Runtime) knowsImage(ref string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.images[ref]
}

func (r *Runtime) forgetImage(ref string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.images, ref)
	delete(r.complete, ref)
}

// join returns the build of the definition's image, beginning it if nobody has.
func (r *Runtime) join(d *services.Definition, o build.ImageBuildOptions) *imageBuild {
	ref := d.Ref()
	r.mu.Lock()
	defer r.mu.Unlock()
	if b := r.builds[ref]; b != nil {
		return b
	}
	b := &imageBuild{done: make(chan struct{}), changed: make(chan struct{})}
	r.builds[ref] = b
	r.work.Go(func() {
		var err error
		if d.Image != "" {
			err = r.pull(r.alive, d, b.report)
		} else {
			err = r.build(r.alive, d, b.report, o)
		}
		r.mu.Lock()
		delete(r.complete, ref) // the base image may say something else by now
		delete(r.builds, ref)
		r.images[ref] = r.images[ref] || err == nil // a failed build leaves an earlier image as it was
		r.mu.Unlock()
		b.err = err
		close(b.done)
	})
	return b
}

// wait returns when the build ended, telling each step on the caller's own
// goroutine.
func (b *imageBuild) wait(ctx context.Context, progress func(string)) error {
	told := ""
	for {
		b.mu.Lock()
		step, changed := b.step, b.changed
		b.mu.Unlock()
		if progress != nil && step != told {
			progress(step)
			told = step
		}
		select {
		case <-changed:
		case <-b.done:
			return b.err
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (b *imageBuild) report(step string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.step = step
	close(b.changed)
	b.changed = make(chan struct{})
}

// build has the engine build the image, and removes those it replaces.
func (r *Runtime) build(ctx context.Context, d *services.Definition, report func(string), o build.ImageBuildOptions) error {
	ctx, cancel := context.WithTimeout(ctx, buildPatience)
	defer cancel()
	report("building " + d.Name)
	began := time.Now()
	files, err := buildContext(d.Source)
	if err != nil {
		return err
	}
	o.Version = build.BuilderV1 // no session, and the same on every engine
	o.Tags = []string{d.Ref()}
	o.Remove, o.ForceRemove = true, true
	r.throughProxy(&o)
	trustMachine(&o, d.Source, machineAuthorities)
	o.Labels = map[string]string{
		labelOurs: "1", labelInstallation: r.opts.Installation, labelService: d.Name,
	}
	answer, err := r.cli.ImageBuild(ctx, files, o)
	if err != nil {
		what := "image"
		if unreachable(err) {
			what = "docker"
		}
		return services.Wrap(services.CodeUnavailable, err, "what", what)
	}
	defer answer.Body.Close()
	layer, err := follow(answer.Body, d.Name, report)
	if err != nil {
		r.leave(ctx, d, layer, o.NoCache)
		return services.Wrap(services.CodeUnavailable, err, "what", "image", "service", d.Name)
	}
	r.log.Info("image built", "service", d.Name, "took", time.Since(began))
	r.leave(ctx, d, "", false)
	r.removeStale(ctx, d)
	return nil
}

// leave takes note of what a failed build of the service has left, "" after one
// that succeeded, and removes what the one before it left. The next build goes
// on from there, unless it must not use anything.
func (r *Runtime) leave(ctx context.Context, d *services.Definition, layer string, useless bool) {
	r.mu.Lock()
	before := r.leftovers[d.Name]
	r.leftovers[d.Name] = layer
	r.mu.Unlock()
	if before != "" && before != layer {
		r.removeImage(ctx, before) // it stays while an image is built upon it
	}
	if useless && layer != "" {
		r.removeImage(ctx, layer)
	}
}

// removeStale removes the images that this installation built for the service
// from other sources or earlier. One that a container still uses stays until
// the next time.
func (r *Runtime) removeStale(ctx context.Context, d *services.Definition) {
	filter := r.ours()
	filter.Add("label", labelService+"="+d.Name)
	if err := r.removeImages(ctx, filter, d.Ref()); err != nil {
		r.log.Debug("stale images were not looked for", "error", err)
	}
}

// Purge removes every image that this installation built, and what a crash may
// have left of volumes.
func (r *Runtime) Purge(ctx context.Context) error {
	r.mu.Lock()
	left := maps.Clone(r.leftovers)
	r.mu.Unlock()
	for _, layer := range left {
		if layer != "" {
			r.removeImage(ctx, layer)
		}
	}
	return errors.Join(r.removeLook(ctx), r.wipeVolumes(ctx, r.ours()), r.removeImages(ctx, r.ours(), ""))
}

func (r *Runtime) removeImages(ctx context.Context, which filters.Args, keep string) error {
	var found []image.Summary
	err := call(ctx, quickCall, func(ctx context.Context) (err error) {
		found, err = r.cli.ImageList(ctx, image.ListOptions{Filters: which})
		return err
	})
	if err != nil {
		return fmt.Errorf("list images: %w", err)
	}
	for _, i := range found {
		for _, ref := range names(i) {
			if ref == keep {
				continue
			}
			r.forgetImage(ref)
			r.removeImage(ctx, ref)
		}
	}
	return nil
}

// removeImage removes an image that nothing uses, and what it was built on.
func (r *Runtime) removeImage(ctx context.Context, ref string) {
	err := call(ctx, slowCall, func(ctx context.Context) error {
		_, err := r.cli.ImageRemove(ctx, ref, image.RemoveOptions{PruneChildren: true})
		return err
	})
	if err != nil && !isNotFound(err) {
		r.log.Debug("image stays for now", "image", ref, "error", err)
	}
}

// names are what an image can be removed by: its tags, or its id.
func names(i image.Summary) []string {
	if len(i.RepoTags) == 0 || i.RepoTags[0] == "<none>:<none>" {
		return []string{i.ID}
	}
	return i.RepoTags
}
