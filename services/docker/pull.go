package docker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/docker/docker/api/types/image"

	"onionbot/services"
)

// pull has the engine fetch an image that the operator names and that is not
// there, from its registry.
func (r *Runtime) pull(ctx context.Context, d *services.Definition, report func(string)) error {
	ctx, cancel := context.WithTimeout(ctx, buildPatience)
	defer cancel()
	report("fetching the image of " + d.Name)
	began := time.Now()
	body, err := r.cli.ImagePull(ctx, d.Image, image.PullOptions{})
	if err == nil {
		err = errors.Join(followPull(body, d.Name, report), body.Close())
	}
	switch {
	case err == nil:
		r.log.Info("image fetched", "service", d.Name, "image", d.Image, "took", time.Since(began))
		return nil
	case unreachable(err):
		return services.Wrap(services.CodeUnavailable, err, "what", "docker")
	}
	return services.Wrap(services.CodeUnavailable,
		fmt.Errorf("there is no image %q on this machine, and it could not be fetched (%w); build it, load it with \"docker load\", or correct its name", d.Image, err),
		"what", "image", "service", d.Name)
}

// followPull reads a pull's stream to its end. Errors arrive in it.
func followPull(body io.Reader, name string, report func(string)) error {
	dec := json.NewDecoder(body)
	for {
		var line buildLine
		err := dec.Decode(&line)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("the stream broke off: %w", err)
		}
		if line.Error != "" {
			return errors.New(line.Error)
		}
		if strings.HasPrefix(line.Status, "Extracting") || strings.HasPrefix(line.Status, "Downloading") {
			report(fmt.Sprintf("fetching the image of %s: %s", name, strings.ToLower(strings.TrimSpace(line.Status))))
		}
	}
}
