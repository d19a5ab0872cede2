package content

import (
	"context"
	"io"
)

// Delivery is what came to be shown.
type Delivery struct {
	Files []File
	Words string // typed by the sender: they stand above the files, or are the page
	Lang  string // the language of Words; "" if it is not known
	// Missing is what came along and could not be had, for [services.RemarkMissing].
	Missing []string
	// AddTo is the revision that stays, with the delivery added to it: files
	// of the same name are replaced, words stand below the earlier ones. The
	// zero value means none.
	AddTo Revision
	// Pages makes the pages that did not come along.
	Pages Pages
	// Verbatim keeps files as they came: nothing is unpacked, and no page is made.
	// Pictures lose their metadata all the same.
	Verbatim bool
	// KeepMetadata leaves pictures as they came.
	KeepMetadata bool
}

// File is one file as it was received. Read fetches it once.
type File struct {
	Name        string // as the sender named it; hostile; "" if the network has no name for it
	Description string // what the sender wrote for those who cannot see it
	Read        func(ctx context.Context) (io.ReadCloser, error)
}

// Revision is what an instance showed at one time.
type Revision struct {
	Instance string
	Number   int // 0 = no content
}

// Pages makes pages. What it returns loads nothing from elsewhere.
type Pages interface {
	// Page makes the page of words, a text file and files where no page came
	// along. [ErrNothingToShow] is for words that leave nothing to see.
	Page(p Page) ([]byte, error)
}

// Page is what stands on a page that is made here, in this order.
type Page struct {
	Title string // if neither words nor text begin with one; may be empty
	Words string // as typed
	Lang  string // their language; "" if it is not known
	Text  string // of a text file, UTF-8
	// Markdown says that Text is Markdown; otherwise its lines stay lines.
	Markdown bool
	Files    []Item
}

// Item is a file on a page that shows what came.
type Item struct {
	Name        string // path below the page
	Link        string // another path to open for it; "" for Name
	Description string
	Bytes       int64
	Kind        Kind
}

// Kind is how a file can be shown on a page.
type Kind string

// The kinds.
const (
	Picture  Kind = "picture"
	Sound    Kind = "sound"
	Film     Kind = "film"
	Document Kind = "document"
)
