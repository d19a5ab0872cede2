package mastodon

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	mastodon "github.com/mattn/go-mastodon"

	"onionbot/bots"
	"onionbot/services"
)

const (
	// scopes is the least that the bot needs: to see mentions and whether
	// somebody blocked it, and to answer.
	scopes = "read:notifications read:statuses read:accounts read:follows write:statuses write:media"
	// manageScopes let [Check] with Fix follow people, set the notification
	// policy and mark the profile.
	manageScopes = "write:follows write:notifications write:accounts"
	// outOfBand: the server shows the code and the person copies it.
	outOfBand = "urn:ietf:wg:oauth:2.0:oob"
)

// LoginOptions configure [Login].
type LoginOptions struct {
	Server    string // as in [Options]
	Dial      DialFunc
	In        io.Reader // where the person types the code
	Out       io.Writer // what the person reads
	TokenFile string    // written 0600, replaced as a whole
	// Manage asks for more rights, so that check can repair what it finds.
	Manage bool
}

// Login registers the application, lets the person authorise it in a browser
// and writes the access token to the file.
func Login(ctx context.Context, o LoginOptions) error {
	base, err := parseServer(o.Server)
	if err != nil {
		return err
	}
	if o.TokenFile == "" {
		return errors.New("mastodon: no file to write the token to")
	}
	client := newClient(base, newGuard(base, bots.NewToken("", nil), o.Dial, nil))
	want := scopes
	if o.Manage {
		want += " " + manageScopes
	}
	app, err := mastodon.RegisterApp(ctx, &mastodon.AppConfig{
		Client: client.Client, Server: base.String(), ClientName: "onionbot", Scopes: want, RedirectURIs: outOfBand,
	})
	if err != nil {
		return fmt.Errorf("mastodon: register at %s: %w", base.Host, err)
	}
	fmt.Fprintf(o.Out, "Log in to %s as the bot's account and open this address:\n\n  %s\n\nThen paste the code here: ",
		base.Host, authorizeURL(base, app.ClientID, want))
	code, err := readLine(ctx, o.In)
	if err != nil {
		return fmt.Errorf("mastodon: no code: %w", err)
	}
	client.Config.ClientID, client.Config.ClientSecret = app.ClientID, app.ClientSecret
	if err := client.GetUserAccessToken(ctx, code, outOfBand); err != nil {
		return fmt.Errorf("mastodon: %s did not accept the code: %w", base.Host, err)
	}
	token := services.Secret(client.Config.AccessToken)
	if token == "" {
		return fmt.Errorf("mastodon: %s gave no token: %w", base.Host, errNotAPI)
	}
	self, err := newClient(base, newGuard(base, bots.NewToken(token, nil), o.Dial, nil)).GetAccountCurrentUser(ctx)
	if err != nil {
		return fmt.Errorf("mastodon: the new token does not work: %w", err)
	}
	if err := writeToken(o.TokenFile, token); err != nil {
		return err
	}
	fmt.Fprintf(o.Out, "\nLogged in as @%s@%s. The token is in %s, readable by you alone.\n", self.Acct, base.Hostname(), o.TokenFile)
	fmt.Fprintf(o.Out, "Next: onionbot mastodon check\n")
	return nil
}

// authorizeURL is the page where the person agrees.
func authorizeURL(base *url.URL, clientID, scopes string) string {
	u := base.JoinPath("/oauth/authorize")
	u.RawQuery = url.Values{
		"client_id": {clientID}, "scope": {scopes}, "redirect_uri": {outOfBand}, "response_type": {"code"},
	}.Encode()
	return u.String()
}

// readLine reads one line, and gives up when ctx ends.
func readLine(ctx context.Context, in io.Reader) (string, error) {
	type answer struct {
		line string
		err  error
	}
	got := make(chan answer, 1)
	go func() {
		line, err := bufio.NewReader(oneByte{in}).ReadString('\n')
		line = strings.TrimSpace(line)
		if line != "" {
			err = nil
		}
		got <- answer{line, err}
	}()
	select {
	case a := <-got:
		if a.line == "" && a.err == nil {
			a.err = errors.New("the line was empty")
		}
		return a.line, a.err
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// oneByte keeps a buffered reader from taking more than its line.
type oneByte struct{ io.Reader }

func (r oneByte) Read(p []byte) (int, error) { return r.Reader.Read(p[:min(len(p), 1)]) }

// writeToken replaces the file as a whole; nobody else can read it at any time.
func writeToken(name string, token services.Secret) (err error) {
	f, err := os.CreateTemp(filepath.Dir(name), ".token-*") // 0600
	if err != nil {
		return fmt.Errorf("mastodon: token file: %w", err)
	}
	defer func() {
		if err != nil {
			_ = f.Close()
			_ = os.Remove(f.Name())
		}
	}()
	if _, err = f.WriteString(token.Reveal() + "\n"); err != nil {
		return fmt.Errorf("mastodon: token file: %w", err)
	}
	if err = f.Sync(); err != nil {
		return fmt.Errorf("mastodon: token file: %w", err)
	}
	if err = f.Close(); err != nil {
		return fmt.Errorf("mastodon: token file: %w", err)
	}
	if err = os.Rename(f.Name(), name); err != nil {
		return fmt.Errorf("mastodon: token file: %w", err)
	}
	return nil
}

// isRefusedScope reports whether the token lacks a right.
func isRefusedScope(err error) bool { return statusOf(err) == http.StatusForbidden }
