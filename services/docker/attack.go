package docker

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/pkg/stdcopy"

	"onionbot/services"
	"onionbot/services/shim"
	"onionbot/services/shim/escape"
)

const (
	attackTime  = 30 * time.Second
	attackBytes = 64 << 10
)

// Attack tries, inside a container that runs and as its app's user, the ways out
// that its walls should stop, and returns what became of each. It is for those
// who write a service; nothing of what it does harms one.
func (r *Runtime) Attack(ctx context.Context, spec services.ContainerSpec) ([]escape.Finding, error) {
	ctx, cancel := context.WithTimeout(ctx, attackTime)
	defer cancel()
	who, err := r.identify(ctx, spec.ID, spec.Definition)
	if err != nil {
		return nil, err
	}
	out, err := r.runInside(ctx, containerName(spec.ID), who.String(), shim.EscapeCommand())
	if err != nil {
		return nil, fmt.Errorf("attack: %w", err)
	}
	all, err := escape.Parse(out)
	if err != nil {
		return nil, fmt.Errorf("attack: %w", err)
	}
	// What the definition asked for is its to write in.
	for _, m := range r.hostConfig(spec, who, logNone).Mounts {
		if !m.ReadOnly && m.Target != shim.SocketDir {
			all = slices.DeleteFunc(all, func(f escape.Finding) bool { return f.What == escape.InPlace(m.Target) })
		}
	}
	return all, nil
}

// runInside runs a program in a container and returns what it prints.
func (r *Runtime) runInside(ctx context.Context, name, user string, command []string) (string, error) {
	made, err := r.cli.ContainerExecCreate(ctx, name, container.ExecOptions{
		User: user, WorkingDir: "/", Env: []string{"GOMAXPROCS=1"}, Cmd: command, AttachStdout: true, AttachStderr: true,
	})
	if err != nil {
		return "", err
	}
	stream, err := r.cli.ContainerExecAttach(ctx, made.ID, container.ExecAttachOptions{})
	if err != nil {
		return "", err
	}
	defer stream.Close()
	stop := context.AfterFunc(ctx, stream.Close)
	defer stop()
	var out, complaints bytes.Buffer
	_, err = stdcopy.StdCopy(&out, &complaints, io.LimitReader(stream.Reader, attackBytes)) // ends with the process
	if err == nil && complaints.Len() > 0 {
		err = fmt.Errorf("%.200q", strings.TrimSpace(complaints.String()))
	}
	return out.String(), err
}
