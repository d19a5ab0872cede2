package mastodon

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"path"
	"strings"
	"syscall"
	"time"

	"onionbot/bots"
	"onionbot/services"
)

// maxAttachment bounds a download, in bytes.
const maxAttachment = 20 << 20

var errTooLarge error = services.Wrap(services.CodeBadContent,
	errors.New("the attachment is larger than 20 MB"), "reason", "too-big")

// attachments are the files of a post, and the names of what is missing.
// Servers keep media on hosts of their own, so they are fetched from there,
// and without the token. A server that did not copy a file of another one
// says where it comes from.
func (a *Adapter) attachments(media []wireMedia) (files []bots.Attachment, missing []string) {
	for _, m := range media {
		u := a.address(m)
		if u == nil {
			missing = append(missing, bots.Unfetched)
			continue
		}
		name := m.name(u)
		files = append(files, bots.Attachment{
			Name: name, Description: m.description(name), Size: -1,
			Open: func(ctx context.Context) (io.ReadCloser, error) { return a.download(ctx, u.String()) },
		})
	}
	return files, missing
}

// address is where a file can be fetched; nil if nowhere. What the server
// does not know the kind of is a file only if its address looks like one's.
func (a *Adapter) address(m wireMedia) *url.URL {
	for _, raw := range []string{m.URL, m.RemoteURL} {
		u, err := url.Parse(raw)
		if raw == "" || err != nil || a.checkMediaURL(u) != nil {
			continue
		}
		if m.Type == "unknown" && path.Ext(m.name(u)) == "" {
			continue
		}
		return u
	}
	return nil
}

// name is what the sender called the file, where the server passes that on:
// Pleroma does in the address, and documents keep theirs. Pictures, sounds and
// videos are renamed by the server, to a number or to "original".
func (m *wireMedia) name(u *url.URL) string {
	if name := u.Query().Get("name"); name != "" {
		return name
	}
	switch m.Type {
	case "image", "video", "gifv", "audio":
		return ""
	}
	return path.Base(u.Path)
}

// description is what the sender wrote; some servers put the name there.
func (m *wireMedia) description(name string) string {
	d := strings.TrimSpace(m.Description)
	if d == name {
		return ""
	}
	return d
}

func (a *Adapter) checkMediaURL(u *url.URL) error {
	return checkMediaURL(u, a.loopback)
}

func checkMediaURL(u *url.URL, loopback bool) error {
	switch {
	case u.User != nil || u.Hostname() == "":
	case loopback && isLoopback(u.Hostname()):
		return nil
	case net.ParseIP(u.Hostname()) != nil || isLoopback(u.Hostname()):
	case u.Scheme == "https", u.Scheme == "http" && isOnion(u.Hostname()):
		return nil
	}
	return errors.New("not an address to fetch media from")
}

func (a *Adapter) download(ctx context.Context, address string) (io.ReadCloser, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		cancel()
		return nil, fmt.Errorf("attachment: %w", err)
	}
	req.Header.Set("User-Agent", userAgent)
	resp, err := a.media.Do(req)
	if err != nil {
		cancel()
		return nil, fmt.Errorf("attachment: %w", err)
	}
	if resp.StatusCode != http.StatusOK || resp.ContentLength > maxAttachment {
		resp.Body.Close()
		cancel()
		if resp.StatusCode == http.StatusOK {
			return nil, errTooLarge
		}
		return nil, fmt.Errorf("attachment: the media host answered %s", resp.Status)
	}
	return &download{body: resp.Body, left: maxAttachment, cancel: cancel}, nil
}

// download ends with an error beyond the limit, not as if it were complete.
type download struct {
	body   io.ReadCloser
	left   int64
	cancel context.CancelFunc
}

func (d *download) Read(p []byte) (int, error) {
	if int64(len(p)) > d.left+1 {
		p = p[:d.left+1]
	}
	n, err := d.body.Read(p)
	if int64(n) > d.left {
		return int(d.left), errTooLarge
	}
	d.left -= int64(n)
	return n, err
}

func (d *download) Close() error {
	defer d.cancel()
	return d.body.Close()
}

// newMediaClient never carries the token, and without tor it does not let the
// server point it at addresses inside our own network.
func newMediaClient(dial DialFunc, loopback bool) *http.Client {
	if dial == nil {
		dialer := &net.Dialer{Timeout: 30 * time.Second}
		if !loopback {
			dialer.Control = publicOnly
		}
		dial = dialer.DialContext
	}
	return &http.Client{
		Transport: newTransport(dial),
		CheckRedirect: func(req *http.Request, via []*http.Request) error {
			if len(via) > 3 {
				return errors.New("too many redirects")
			}
			return checkMediaURL(req.URL, loopback)
		},
	}
}

func publicOnly(_, address string, _ syscall.RawConn) error {
	ap, err := netip.ParseAddrPort(address)
	if err != nil {
		return err
	}
	ip := ap.Addr().Unmap()
	if !ip.IsGlobalUnicast() || ip.IsPrivate() {
		return errors.New("the media address is inside a private network")
	}
	return nil
}
