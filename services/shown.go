package services

// Shown is what an instance shows of what its owner sent.
type Shown struct {
	Files   int      // that were sent, as unpacked; not what was made for them
	Bytes   int64    // of these files
	Names   []string // of the first few of them, as they are served
	Words   bool     // words that were typed are on the page
	Remarks []Remark // what its owner should know of the way in
}

// Remark is one thing that was left out or changed on the way in.
type Remark struct {
	Code  RemarkCode `json:"code"`
	Names []string   `json:"names,omitempty"` // of the files that it is about
}

// RemarkCode is what a [Remark] says; the words are the front ends' business.
type RemarkCode string

// The remarks.
const (
	// RemarkWords: words came beside a page, which has no place for them, and
	// were left out.
	RemarkWords RemarkCode = "words"
	// RemarkBeside: files were added to a page that its owner made, which has
	// no link to them.
	RemarkBeside RemarkCode = "beside"
)
