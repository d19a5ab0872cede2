package services

// Shown is what an instance shows of what its owner sent.
type Shown struct {
	Files   int      // that were sent, as unpacked; not what was made for them
	Bytes   int64    // of these files
	Names   []string // of the first few of them, as they are served
	Words   bool     // words that were typed are on the page
	Remarks []Remark // what its owner should know of the way in
}

// Remark is one thing that was left out, changed or found on the way in.
type Remark struct {
	Code   RemarkCode `json:"code"`
	Names  []string   `json:"names,omitempty"`  // of the files that it is about, the first hundred; hostile
	Reason string     `json:"reason,omitempty"` // of [RemarkLeftOut]: a reason of [CodeBadContent]
	Fields []string   `json:"fields,omitempty"` // of metadata: what they are called, never what is in them
}

// RemarkCode is what a [Remark] says; the words are the conversation's business.
type RemarkCode string

// The remarks.
const (
	// RemarkWords: words came beside a page, which has no place for them, and
	// were left out.
	RemarkWords RemarkCode = "words"
	// RemarkBeside: files were added to a page that its owner made, which has
	// no link to them.
	RemarkBeside RemarkCode = "beside"
	// RemarkLeftOut: files that cannot be served were left out, for one reason.
	RemarkLeftOut RemarkCode = "left-out"
	// RemarkLeftovers: what systems leave behind was dropped; the names are of
	// the kinds, like ".DS_Store".
	RemarkLeftovers RemarkCode = "leftovers"
	// RemarkCleaned: pictures lost the metadata that was in them.
	RemarkCleaned RemarkCode = "cleaned"
	// RemarkTold: files tell about their author, and were left as they are.
	RemarkTold RemarkCode = "told"
	// RemarkMissing: things came along that the network did not hand on, or
	// that cannot be shown; Names are what they were.
	RemarkMissing RemarkCode = "missing"
)
