package mastodon

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	mastodon "github.com/mattn/go-mastodon"

	"onionbot/bots"
)

// Send implements [bots.Adapter]: a direct post, or several in a thread, that
// exactly one person can read. Where the server can edit, a message that
// replaces an earlier one edits it. The result is the id of the last post.
func (a *Adapter) Send(ctx context.Context, out bots.Outgoing) (string, error) {
	to, err := a.recipient(ctx, out.To)
	if err != nil {
		return "", sendError(err)
	}
	limits, err := a.limitsOfInstance(ctx)
	if err != nil {
		return "", sendError(err)
	}
	texts := a.compose(out.Reply.Text, to.acct, limits)
	if out.Edit != "" && !out.Alert && len(texts) == 1 {
		id, done, err := a.edit(ctx, out, to, texts[0])
		if err != nil || done {
			return id, sendError(err)
		}
	}
	id, err := a.postAll(ctx, out, to, texts)
	return id, sendError(err)
}

// postAll posts the parts, each a reply to the one before.
func (a *Adapter) postAll(ctx context.Context, out bots.Outgoing, to recipient, texts []string) (string, error) {
	replyTo := mastodon.ID(out.To.ReplyTo)
	for i, text := range texts {
		p := post{key: partKey(out.Key, i), text: text, replyTo: replyTo}
		if out.Attempt > 0 {
			id, err := a.alreadyPosted(ctx, p, to)
			if err != nil {
				return "", err
			}
			if id != "" {
				a.remember(id, p.key)
				replyTo = id
				continue
			}
		}
		if i == len(texts)-1 && out.Reply.QR != "" {
			media, err := a.upload(ctx, out.Reply.QR, out.Attempt)
			if err != nil {
				return "", err
			}
			p.media = media
		}
		id, err := a.post(ctx, p, to)
		if err != nil {
			return "", err
		}
		replyTo = id
	}
	return string(replyTo), nil
}

// post is one status on its way.
type post struct {
	key     string
	text    string
	replyTo mastodon.ID
	media   []mastodon.ID
}

// form is the post as the API takes it; always direct, and always as it is
// typed: an account whose posts are Markdown by default would lose what stands
// in angle brackets. Servers that know no content types ignore theirs.
func (a *Adapter) form(p post) url.Values {
	form := url.Values{
		"status": {p.text}, "visibility": {mastodon.VisibilityDirectMessage}, "language": {a.language}, "content_type": {"text/plain"},
	}
	if p.replyTo != "" {
		form.Set("in_reply_to_id", string(p.replyTo))
	}
	for _, id := range p.media {
		form.Add("media_ids[]", string(id))
	}
	if a.warning != "" {
		form.Set("sensitive", "true")
		form.Set("spoiler_text", a.warning)
	}
	return form
}

// post publishes one status. When what it answers to was deleted, it stands
// by itself.
func (a *Adapter) post(ctx context.Context, p post, to recipient) (mastodon.ID, error) {
	ctx, cancel := a.call(withIdempotencyKey(ctx, p.key))
	defer cancel()
	status := &wireStatus{}
	err := callAPI(ctx, a.client, http.MethodPost, "/api/v1/statuses", a.form(p), status)
	if p.replyTo != "" && isGone(err) {
		p.replyTo = ""
		err = callAPI(ctx, a.client, http.MethodPost, "/api/v1/statuses", a.form(p), status)
	}
	if err != nil {
		return "", fmt.Errorf("post: %w", err)
	}
	if status.ID == "" {
		return "", fmt.Errorf("post: %w", errNotAPI)
	}
	if err := a.verifyReaders(ctx, status, to); err != nil {
		return "", err
	}
	a.remember(status.ID, p.key)
	return status.ID, nil
}

// verifyReaders is the last line of defence: a post that the server shows to
// anybody but the recipient is deleted at once.
func (a *Adapter) verifyReaders(ctx context.Context, status *wireStatus, to recipient) error {
	leak := status.Visibility != "" && status.Visibility != mastodon.VisibilityDirectMessage
	for _, m := range status.Mentions {
		if m.ID != to.id && m.ID != status.Account.ID {
			leak = true
		}
	}
	if !leak {
		return nil
	}
	a.log.Error("mastodon: a reply had more readers than meant and was deleted", "status", status.ID)
	if err := a.client.DeleteStatus(ctx, status.ID); err != nil {
		a.log.Error("mastodon: the deletion failed", "status", status.ID, "error", err)
	}
	return &bots.SendError{Permanent: true, Cause: errReaders}
}

// edit replaces an earlier post. done is false when the server cannot, or the
// post is gone: then a new one must do.
func (a *Adapter) edit(ctx context.Context, out bots.Outgoing, to recipient, text string) (string, bool, error) {
	ctx, cancel := a.call(ctx)
	defer cancel()
	id := mastodon.ID(out.Edit)
	old, err := a.client.GetStatus(ctx, id)
	if isGone(err) || cannotEdit(err) {
		return "", false, nil
	}
	if err != nil {
		return "", false, fmt.Errorf("edit: %w", err)
	}
	p := post{text: text}
	for _, m := range old.MediaAttachments { // an edit drops what it does not name
		p.media = append(p.media, m.ID)
	}
	if out.Reply.QR != "" && len(p.media) == 0 {
		if p.media, err = a.upload(ctx, out.Reply.QR, out.Attempt); err != nil {
			return "", false, err
		}
	}
	status := &wireStatus{}
	err = callAPI(ctx, a.client, http.MethodPut, "/api/v1/statuses/"+url.PathEscape(out.Edit), a.form(p), status)
	if isGone(err) || cannotEdit(err) {
		return "", false, nil
	}
	if err != nil {
		return "", false, fmt.Errorf("edit: %w", err)
	}
	if err := a.verifyReaders(ctx, status, to); err != nil {
		return "", false, err
	}
	return out.Edit, true, nil
}

// partKey is the idempotency key of a part; a header carries printable ASCII only.
func partKey(key string, part int) string {
	if part > 0 {
		key += "/part" + strconv.Itoa(part+1)
	}
	for _, r := range key {
		if r <= ' ' || r > '~' {
			sum := sha256.Sum256([]byte(key))
			return hex.EncodeToString(sum[:])
		}
	}
	return key
}
