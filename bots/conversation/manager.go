package conversation

import (
	"context"
	"time"

	"onionbot/bots"
	"onionbot/services"
)

// Manager is what the conversation asks of the domain; [services.Manager] is
// it. Commands mark the message handled and store audit and reply in one
// transaction; a message that was handled before succeeds without effect. An
// error means that nothing was changed.
type Manager interface {
	Start(ctx context.Context, req services.Request, opts services.StartOptions) error
	Stop(ctx context.Context, req services.Request, targets ...string) error
	StopAll(ctx context.Context, req services.Request, service string) error
	Fill(ctx context.Context, req services.Request, opts services.FillOptions) error
	Extend(ctx context.Context, req services.Request, target string, by time.Duration) error
	Answer(ctx context.Context, req services.Request, body []byte, audit services.AuditEntry) error
	Record(ctx context.Context, req services.Request, audit services.AuditEntry) error

	Invite(ctx context.Context, req services.Request, inv *services.Invite, body []byte) error
	Invites(ctx context.Context) ([]*services.Invite, error)
	Uninvite(ctx context.Context, req services.Request, name string, body []byte) error
	CodeFor(ctx context.Context, codes []string) (*services.Invite, error)
	Redeem(ctx context.Context, req services.Request, codes []string, b services.Binding, handle string, words services.JoinWords) error
	Burn(ctx context.Context, network string, codes []string, readers func(*services.Invite) []services.Route, words func(*services.Invite) ([]byte, error)) (bool, error)
	Share(ctx context.Context, req services.Request, target string, with *services.User, to services.Route, words services.ShareWords) error
	Unshare(ctx context.Context, req services.Request, target, with string, words func(*services.Instance) ([]byte, error)) error
	Allow(ctx context.Context, req services.Request, target string, clients []services.Client) error
	Revoke(ctx context.Context, req services.Request, target string, people []string) error
	KeysOf(ctx context.Context, u *services.User) ([]services.Key, error)
	AddKey(ctx context.Context, req services.Request, line string, body []byte) error
	RemoveKey(ctx context.Context, req services.Request, id int64, body []byte) error
	Person(ctx context.Context, name string) (*services.Person, error)
	ChangePerson(ctx context.Context, req services.Request, name string, audit services.AuditEntry, body []byte, change func(*services.Person)) error
	RemovePerson(ctx context.Context, req services.Request, name string, takeOver bool, body func(running int) ([]byte, error)) error
	Usage(ctx context.Context, name string) (own []*services.Instance, lastDay int, err error)

	List(ctx context.Context, u *services.User) ([]*services.Instance, error)
	Find(ctx context.Context, u *services.User, target string) (*services.Instance, error)
	Catalog() []*services.Definition
	Health(ctx context.Context) services.Health
}

var _ Manager = (*services.Manager)(nil)

// Content receives what comes along with a command.
type Content interface {
	// Stage checks and unpacks an upload into a fresh directory. Refusals are
	// [services.CodeBadContent]; [services.CodeConflict] says that what it is
	// added to has changed meanwhile.
	Stage(ctx context.Context, u Upload) (dir string, err error)
	// Empty makes a directory of no content at all.
	Empty() (dir string, err error)
	// Discard erases a staged directory that was not taken over.
	Discard(dir string)
	// Shown tells what an instance shows of what its owner sent; nil for
	// nothing.
	Shown(i *services.Instance) *services.Shown
}

// Upload is what came to be shown.
type Upload struct {
	Attachments []bots.Attachment
	Words       string             // what was typed below the command
	Spans       []bots.Span        // what is formatted in Words; nil where nothing is
	Lang        string             // the language of Words, if it is known
	AddTo       *services.Instance // what it shows stays; nil to begin anew
	Missing     []string           // what came along and cannot be had, as [bots.Message] says
	Late        bool               // the rest of an album whose first files are shown
	// Verbatim keeps files as they came: they are handed out, not shown as a page.
	Verbatim bool
	// KeepMetadata leaves in pictures what they tell about their maker.
	KeepMetadata bool
}
