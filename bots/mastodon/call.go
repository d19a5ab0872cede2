package mastodon

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"

	mastodon "github.com/mattn/go-mastodon"
)

// callAPI is a request through the client's guard; the errors are the library's.
func callAPI(ctx context.Context, c *mastodon.Client, method, path string, params url.Values, into any) error {
	u, err := url.Parse(c.Config.Server)
	if err != nil {
		return err
	}
	u = u.JoinPath(path)
	var form io.Reader
	if method == http.MethodGet {
		u.RawQuery = params.Encode()
	} else {
		form = strings.NewReader(params.Encode())
	}
	req, err := http.NewRequestWithContext(ctx, method, u.String(), form)
	if err != nil {
		return err
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	resp, err := c.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK && resp.StatusCode != http.StatusAccepted {
		return apiError(resp.StatusCode, body)
	}
	return json.Unmarshal(body, into)
}

func apiError(status int, body []byte) error {
	failure := &mastodon.APIError{StatusCode: status}
	var e struct {
		Error string `json:"error"`
	}
	if json.Unmarshal(body, &e) == nil {
		failure.Message = e.Error
	}
	return failure
}
