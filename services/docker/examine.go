package docker

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/docker/docker/api/types/container"

	"onionbot/services"
)

// Examination is what can be seen of a running container from outside.
type Examination struct {
	ImageBytes  int64
	MemoryBytes int64    // that its processes and files in memory use now; 0 if it is not known
	Listening   []int    // TCP ports on which something listens inside, ascending; nil if it is not known
	Leaks       []string // names of secrets that the engine knows, "address" among them
	Open        []string // what its configuration would allow and should not
}

// Examine looks at a container that runs, for whoever writes its service.
func (r *Runtime) Examine(ctx context.Context, spec services.ContainerSpec) (Examination, error) {
	var out Examination
	c, err := r.inspect(ctx, spec.ID)
	if err != nil {
		return out, err
	}
	if c == nil {
		return out, services.E(services.CodeNotFound)
	}
	info, err := r.inspectImage(ctx, spec.Definition.Ref())
	if err != nil {
		return out, err
	}
	out.ImageBytes, out.MemoryBytes = info.Size, r.memory(ctx, c.ID)
	out.Listening = listening(c.State.Pid)
	whole, err := json.Marshal(c)
	if err != nil {
		return out, err
	}
	for name, s := range spec.Secrets {
		if strings.Contains(string(whole), s.Reveal()) {
			out.Leaks = append(out.Leaks, name)
		}
	}
	if spec.Address != "" && strings.Contains(string(whole), spec.Address) {
		out.Leaks = append(out.Leaks, "address")
	}
	slices.Sort(out.Leaks)
	out.Open = openings(c)
	return out, nil
}

// openings are what the engine made of the container that it should not have.
func openings(c *container.InspectResponse) []string {
	var all []string
	h := c.HostConfig
	for what, is := range map[string]bool{
		"its files can be written to":   !h.ReadonlyRootfs,
		"it has a network":              h.NetworkMode != "none",
		"it is privileged":              h.Privileged,
		"it shares the host's programs": h.PidMode != "",
	} {
		if is {
			all = append(all, what)
		}
	}
	for _, m := range c.Mounts {
		if m.Type == "volume" && !strings.HasPrefix(m.Name, containerName("")) {
			all = append(all, "an unbounded volume at "+m.Destination)
		}
	}
	slices.Sort(all)
	return all
}

// memory is what the container uses, without what the kernel keeps for speed.
func (r *Runtime) memory(ctx context.Context, id string) (bytes int64) {
	_ = call(ctx, quickCall, func(ctx context.Context) error {
		answer, err := r.cli.ContainerStatsOneShot(ctx, id)
		if err != nil {
			return err
		}
		defer answer.Body.Close()
		var s container.StatsResponse
		if err := json.NewDecoder(answer.Body).Decode(&s); err != nil {
			return fmt.Errorf("read the usage: %w", err)
		}
		cache := max(s.MemoryStats.Stats["total_inactive_file"], s.MemoryStats.Stats["inactive_file"])
		bytes = int64(s.MemoryStats.Usage - min(cache, s.MemoryStats.Usage))
		return nil
	})
	return bytes
}

// tcpListen is a listening socket's state in /proc/net/tcp.
const tcpListen = "0A"

// listening reads the ports on which something listens in a process's network.
func listening(pid int) []int {
	var ports []int
	for _, file := range []string{"tcp", "tcp6"} {
		table, err := os.ReadFile(fmt.Sprintf("/proc/%d/net/%s", pid, file))
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(table)) {
			f := strings.Fields(line)
			if len(f) < 4 || f[3] != tcpListen {
				continue
			}
			_, hex, _ := strings.Cut(f[1], ":")
			if n, err := strconv.ParseUint(hex, 16, 16); err == nil {
				ports = append(ports, int(n))
			}
		}
	}
	slices.Sort(ports)
	return slices.Compact(ports)
}
