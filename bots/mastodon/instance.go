package mastodon

import (
	"context"
	"fmt"
	"time"

	mastodon "github.com/mattn/go-mastodon"
)

// Where the server does not say: Mastodon's own numbers.
const (
	defaultMaxChars = 500
	defaultURLChars = 23
	instanceFor     = 6 * time.Hour
)

// instance is what the server says of itself.
type instance struct {
	version  string
	maxChars int // of a post, with its content warning
	urlChars int // what a link counts; 0 = its own length
}

// limitsOfInstance asks for the limits: the second version of the API, then
// the first, then the usual numbers.
func (a *Adapter) limitsOfInstance(ctx context.Context) (*instance, error) {
	a.mu.Lock()
	known, at := a.instance, a.instanceAt
	a.mu.Unlock()
	if known != nil && time.Since(at) < instanceFor {
		return known, nil
	}
	ctx, cancel := a.call(ctx)
	defer cancel()
	i, err := askInstance(ctx, a.client)
	if err != nil {
		return nil, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.instance, a.instanceAt = i, time.Now()
	return i, nil
}

func askInstance(ctx context.Context, c *mastodon.Client) (*instance, error) {
	var answer struct {
		Version       string `json:"version"`
		MaxTootChars  int    `json:"max_toot_chars"` // Pleroma
		Configuration struct {
			Statuses struct {
				MaxCharacters int `json:"max_characters"`
				URLCharacters int `json:"characters_reserved_per_url"`
			} `json:"statuses"`
		} `json:"configuration"`
	}
	i := &instance{maxChars: defaultMaxChars}
	for _, path := range []string{"/api/v2/instance", "/api/v1/instance"} {
		err := callAPI(ctx, c, "GET", path, nil, &answer)
		if err != nil && !isClientError(err) {
			return nil, fmt.Errorf("instance: %w", err)
		}
		if err == nil && (answer.Configuration.Statuses.MaxCharacters > 0 || answer.MaxTootChars > 0) {
			break
		}
	}
	i.version = answer.Version
	if n := max(answer.Configuration.Statuses.MaxCharacters, answer.MaxTootChars); n > 0 {
		i.maxChars = n
	}
	i.urlChars = urlChars(answer.Version, answer.Configuration.Statuses.URLCharacters)
	return i, nil
}

// urlChars is what a link counts. Servers that only speak Mastodon's API
// repeat its number without counting so; there a link is as long as it is.
func urlChars(version string, said int) int {
	switch {
	case !isMastodon(version):
		return 0
	case said > 0:
		return said
	default:
		return defaultURLChars
	}
}
