package mastodon

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	mastodon "github.com/mattn/go-mastodon"
	"rsc.io/qr"
)

// pictureText describes the QR picture to people who cannot see it.
const pictureText = "A QR code with the address that stands in this message."

// pictureWait bounds the wait for the server to digest a picture.
const pictureWait = 20 * time.Second

// pictureTries is how often a picture is sent before its text goes alone.
const pictureTries = 3

// upload makes and uploads the QR picture. The text of a reply is complete by
// itself, so a server that takes no picture, or broke over it in the attempts
// before, does not stop it.
func (a *Adapter) upload(ctx context.Context, content string, attempts int) ([]mastodon.ID, error) {
	code, err := qr.Encode(content, qr.M)
	if err != nil {
		a.log.Warn("mastodon: no QR picture", "error", err)
		return nil, nil
	}
	ctx, cancel := a.call(ctx)
	defer cancel()
	media, err := a.client.UploadMediaFromMedia(ctx, &mastodon.Media{
		File: bytes.NewReader(code.PNG()), Description: pictureText,
	})
	if err == nil && media.ID == "" {
		err = errNotAPI
	}
	if err == nil && media.URL == "" {
		err = a.awaitPicture(ctx, media)
	}
	switch {
	case isClientError(err), pictureRefused(err, attempts):
		// What is in it stands in the text, and others wait behind it.
		a.log.Warn("mastodon: the server refused the QR picture", "error", err)
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("upload: %w", err)
	}
	return []mastodon.ID{media.ID}, nil
}

// pictureRefused reports whether the server, or what stands in front of it,
// will not take a picture: it is too large for it, or it broke each time.
func pictureRefused(err error, attempts int) bool {
	status := statusOf(err)
	var proxy *proxyError
	if errors.As(err, &proxy) {
		status = proxy.status
	}
	return status == http.StatusRequestEntityTooLarge || status >= http.StatusInternalServerError && attempts >= pictureTries-1
}

// awaitPicture polls until the picture can be posted; 206 means not yet.
func (a *Adapter) awaitPicture(ctx context.Context, media *mastodon.Attachment) error {
	ctx, cancel := context.WithTimeout(ctx, pictureWait)
	defer cancel()
	for wait := 100 * time.Millisecond; ; wait = min(2*wait, 2*time.Second) {
		err := a.client.GetMediaStatus(ctx, media)
		var api *mastodon.APIError
		if !errors.As(err, &api) || api.StatusCode != http.StatusPartialContent {
			return err
		}
		if !sleep(ctx, wait) {
			return ctx.Err()
		}
	}
}
