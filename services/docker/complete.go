package docker

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/docker/docker/api/types/image"

	"onionbot/services"
)

// Complete implements [services.Runtime]. The engine is asked once for an image
// that was built here, whose name goes with its sources; one that the operator
// names may be another one by now.
func (r *Runtime) Complete(ctx context.Context, d *services.Definition) (*services.Definition, error) {
	r.mu.Lock()
	full := r.complete[d.Ref()]
	r.mu.Unlock()
	if full.from == d && d.Image == "" {
		return full.definition, nil
	}
	info, err := r.inspectImage(ctx, d.Ref())
	if err != nil {
		return nil, err
	}
	says := imageOf(info)
	if err := r.resolveUser(ctx, d, info, &says); err != nil {
		return nil, err
	}
	completed, err := d.Complete(says)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.complete[d.Ref()] = completedFrom{d, completed}
	return completed, nil
}

// completedFrom is a definition and what became of it.
type completedFrom struct{ from, definition *services.Definition }

func (r *Runtime) inspectImage(ctx context.Context, ref string) (image.InspectResponse, error) {
	var info image.InspectResponse
	err := call(ctx, quickCall, func(ctx context.Context) (err error) {
		info, err = r.cli.ImageInspect(ctx, ref)
		return err
	})
	if isNotFound(err) {
		r.forgetImage(ref)
		return info, services.Wrap(services.CodeNotFound, err, "what", "image")
	}
	if err != nil {
		return info, fmt.Errorf("inspect image: %w", err)
	}
	return info, nil
}

// imageOf is what the image says of itself, but for its user.
func imageOf(info image.InspectResponse) services.Image {
	c := info.Config
	if c == nil {
		return services.Image{}
	}
	says := services.Image{Entrypoint: c.Entrypoint, Cmd: c.Cmd, Env: c.Env, WorkDir: c.WorkingDir, Volumes: slices.Sorted(maps.Keys(c.Volumes))}
	for exposed := range c.ExposedPorts {
		number, protocol, _ := strings.Cut(exposed, "/")
		if n, err := strconv.ParseUint(number, 10, 16); err == nil && n > 0 && (protocol == "tcp" || protocol == "") {
			says.Ports = append(says.Ports, int(n))
		}
	}
	slices.Sort(says.Ports)
	return says
}

// resolveUser finds out who the app is to be: whom the definition names, else
// whom the image names; "" for a user of the instance's own, which is also what
// becomes of an image's root.
func (r *Runtime) resolveUser(ctx context.Context, d *services.Definition, info image.InspectResponse, says *services.Image) error {
	wanted := d.User
	if wanted == "" && d.Account.Name == "" && info.Config != nil {
		wanted = info.Config.User
		if name, _, _ := strings.Cut(wanted, ":"); name == "root" || name == "0" {
			wanted = ""
		}
	}
	if wanted == "" || wanted == services.OwnUser {
		return nil
	}
	known, err := r.accounts(ctx, info.ID)
	if err != nil {
		return err
	}
	says.User, says.Home, err = known.find(wanted)
	if err != nil {
		return services.Wrap(services.CodeBadConfig, err, "file", "service "+d.Name, "problem",
			fmt.Sprintf("the image has no user %q; set user to one of its /etc/passwd, to numbers as in \"101:101\", or to \"own\"", wanted))
	}
	return nil
}

// accountFiles are an image's /etc/passwd and /etc/group.
type accountFiles struct{ passwd, group string }

// find resolves "name", "uid", "name:group" or "uid:gid" as the engine would.
func (a accountFiles) find(who string) (ids, home string, err error) {
	name, group, hasGroup := strings.Cut(who, ":")
	uid, gid := name, "0"
	if entry := findEntry(a.passwd, name, 7); entry != nil {
		uid, gid, home = entry[2], entry[3], entry[5]
	}
	if hasGroup {
		gid = group
		if entry := findEntry(a.group, group, 3); entry != nil {
			gid = entry[2]
		}
	}
	ids = uid + ":" + gid
	if _, err := parseUser(ids); err != nil {
		return "", "", err
	}
	if home == "/nonexistent" { // as Debian says it
		home = ""
	}
	return ids, home, nil
}

// findEntry finds the line of a name or a number in a file of accounts.
func findEntry(file, name string, fields int) []string {
	for line := range strings.Lines(file) {
		entry := strings.Split(strings.TrimRight(line, "\r\n"), ":")
		if len(entry) >= fields && (entry[0] == name || entry[2] == name) {
			return entry
		}
	}
	return nil
}
