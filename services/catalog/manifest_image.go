package catalog

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"onionbot/services"
	"onionbot/settings"
)

// What holds for a service that does not say otherwise.
const (
	defaultMemory = 256 << 20
	defaultCPUs   = 0.5
	defaultPIDs   = 128
	defaultLife   = 2 * time.Hour
	defaultMax    = 168 * time.Hour
	defaultTmp    = 16 << 20 // of /tmp, in bytes
)

// imageName is what an engine takes for the name of an image.
var imageName = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9._/:@-]{0,254}$`)

// fillIn sets what was left out.
func (m *Manifest) fillIn(name string) {
	if m.Summary == "" {
		m.Summary = name
	}
	m.DefaultLife.Duration = cmp.Or(m.DefaultLife.Duration, defaultLife)
	m.MaxLife.Duration = cmp.Or(m.MaxLife.Duration, max(m.DefaultLife.Duration, defaultMax))
	m.Limits.Memory = cmp.Or(m.Limits.Memory, defaultMemory)
	m.Limits.CPUs = cmp.Or(m.Limits.CPUs, defaultCPUs)
	m.Limits.PIDs = cmp.Or(m.Limits.PIDs, defaultPIDs)
	for i := range m.Ports {
		m.Ports[i].Onion = cmp.Or(m.Ports[i].Onion, m.Ports[i].App)
	}
}

// imageProblem is about what is said of image and mounts and cannot be.
func (m *Manifest) imageProblem() settings.Problem {
	switch {
	case m.Image != "" && !imageName.MatchString(m.Image):
		return settings.Problem{Key: "image", Say: `image must be the name of an image, as in "debian:bookworm-slim"`}
	case m.Image != "" && m.App != "":
		return settings.Problem{Key: "image", Say: "app and image exclude each other"}
	case len(m.Args) > 0 && len(m.Command) > 0:
		return settings.Problem{Key: "args", Say: "args are for the image's own command: write them into command"}
	case m.WorkDir != "" && !strings.HasPrefix(m.WorkDir, "/"):
		return settings.Problem{Key: "workdir", Say: "workdir must be an absolute path"}
	}
	for _, p := range slices.Sorted(maps.Keys(m.Tmpfs)) {
		if _, err := tmpfsOptions(m.Tmpfs[p]); err != nil {
			return settings.Problem{Key: "tmpfs." + p, Say: fmt.Sprintf("tmpfs of %s %v", p, err)}
		}
	}
	for _, p := range slices.Sorted(maps.Keys(m.Volumes)) {
		switch _, twice := m.Tmpfs[p]; {
		case !services.Mountable(p):
			return settings.Problem{Key: "volumes." + p, Say: "the paths of volumes must be absolute and outside /onion"}
		case twice || p == m.Content:
			return settings.Problem{Key: "volumes." + p, Say: fmt.Sprintf("%s is mounted twice", p)}
		}
	}
	return settings.Problem{}
}

// tmpfsOptions makes mount options of a size; options are left as they are.
func tmpfsOptions(value string) (string, error) {
	var s size
	if s.UnmarshalText([]byte(value)) == nil {
		return services.TmpfsOptions(int64(s)), nil
	}
	if strings.Contains(value, "size=") && !strings.ContainsAny(value, " \r\n") {
		return value, nil
	}
	return "", fmt.Errorf("must be a size like %q, or mount options with size=", "32MiB")
}

// tmpfs are the mounts in memory: those that are named, and a /tmp.
func (m *Manifest) tmpfs() map[string]string {
	all := make(map[string]string)
	for p, value := range m.Tmpfs {
		all[p], _ = tmpfsOptions(value)
	}
	_, is := all["/tmp"]
	if _, volume := m.Volumes["/tmp"]; !is && !volume && m.App == "" {
		all["/tmp"] = services.TmpfsOptions(defaultTmp)
	}
	return all
}

func (m *Manifest) volumes() map[string]int64 {
	var all map[string]int64
	for p, bytes := range m.Volumes {
		if all == nil {
			all = make(map[string]int64)
		}
		all[p] = int64(bytes)
	}
	return all
}
