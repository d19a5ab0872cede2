package docker

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/docker/docker/api/types/build"

	"onionbot/services"
)

// buildContext packs the source, the same bytes for the same files, so that
// the engine's cache works.
func buildContext(src services.Source) (io.Reader, error) {
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for _, name := range slices.Sorted(maps.Keys(src.Files)) {
		data := src.Files[name]
		mode := int64(0o644)
		if src.Exec[name] || bytes.HasPrefix(data, []byte("#!")) {
			mode = 0o755
		}
		if err := w.WriteHeader(&tar.Header{Name: name, Mode: mode, Size: int64(len(data)), Format: tar.FormatPAX}); err != nil {
			return nil, fmt.Errorf("pack %s: %w", name, err)
		}
		if _, err := w.Write(data); err != nil {
			return nil, fmt.Errorf("pack %s: %w", name, err)
		}
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("pack the build context: %w", err)
	}
	return &out, nil
}

// throughProxy sends what the steps of a build fetch through the proxy, if one
// is set. The steps share the host's network then, or they would not reach a
// proxy on its loopback. The base image is fetched by the engine, which has
// proxies of its own; it is not asked for a newer one behind the operator's back.
func (r *Runtime) throughProxy(o *build.ImageBuildOptions) {
	if r.opts.BuildProxy == "" {
		return
	}
	o.NetworkMode, o.PullParent = "host", false
	o.BuildArgs = make(map[string]*string)
	for _, name := range []string{"http_proxy", "https_proxy"} {
		o.BuildArgs[name] = &r.opts.BuildProxy
		o.BuildArgs[strings.ToUpper(name)] = &r.opts.BuildProxy
	}
}

// buildLine is one object of the engine's build stream. Errors arrive in it,
// under a status of 200.
type buildLine struct {
	Stream string `json:"stream"`
	Status string `json:"status"`
	Error  string `json:"error"`
}

var (
	buildStep  = regexp.MustCompile(`^Step ([0-9]+)/([0-9]+) ?: *([A-Za-z]*)`)
	buildLayer = regexp.MustCompile(`^ ---> ([0-9a-f]{12,64})\n$`)
)

// follow reads a build stream to its end, telling each step. It returns the
// last image that a step has made: a failed build leaves it behind, without a
// label. The image that is built upon is not it.
func follow(body io.Reader, name string, report func(string)) (layer string, err error) {
	dec := json.NewDecoder(body)
	tail, base := "", true
	for {
		var line buildLine
		err := dec.Decode(&line)
		if errors.Is(err, io.EOF) {
			return layer, nil
		}
		if err != nil {
			return layer, fmt.Errorf("the build stream broke off: %w", err)
		}
		if line.Error != "" {
			return layer, fmt.Errorf("build: %s (last output: %q)", line.Error, tail)
		}
		if text := strings.TrimSpace(line.Stream); text != "" {
			tail = text[max(0, len(text)-300):]
		}
		if m := buildStep.FindStringSubmatch(line.Stream); m != nil {
			report(fmt.Sprintf("building %s: step %s of %s", name, m[1], m[2]))
			base = strings.EqualFold(m[3], "FROM")
		}
		if m := buildLayer.FindStringSubmatch(line.Stream); m != nil && !base {
			layer = m[1]
		}
		if strings.HasPrefix(line.Status, "Pulling from") {
			report(fmt.Sprintf("building %s: fetching the base image", name))
		}
	}
}
