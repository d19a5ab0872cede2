package telegram

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"onionbot/bots"
)

// wireEntity marks a stretch of a text; Telegram counts in UTF-16 units.
type wireEntity struct {
	Type     string `json:"type"`
	Offset   int    `json:"offset"`
	Length   int    `json:"length"`
	URL      string `json:"url"`
	Language string `json:"language"`
}

// entities are those of the message's text.
func (w *wireMessage) entities() []wireEntity {
	for _, e := range []*[]wireEntity{w.Entities.value, w.CaptionEntities.value} {
		if e != nil && len(*e) > 0 {
			return *e
		}
	}
	return nil
}

// spans are what the sender formatted in text. Links that Telegram found by
// itself are no formatting: where there is nothing else, the text is what was
// typed, and may be Markdown.
func spans(text string, entities []wireEntity) []bots.Span {
	var out []bots.Span
	formatted := false
	bytes := byteOffsets(text)
	for _, e := range entities {
		from, to := e.Offset, e.Offset+e.Length
		if from < 0 || to > len(bytes)-1 || to <= from {
			continue
		}
		s := bots.Span{Start: bytes[from], End: bytes[to]}
		if s.Style, s.Arg = e.style(text[s.Start:s.End]); s.Style == "" {
			continue
		}
		formatted = formatted || s.Style != bots.Link || e.Type == "text_link"
		out = append(out, s)
	}
	if !formatted {
		return nil
	}
	return out
}

// byteOffsets says for each UTF-16 unit of a text, and for its end, where it
// begins in bytes.
func byteOffsets(text string) []int {
	out := make([]int, 0, len(text)+1)
	for i, r := range text {
		n := utf16.RuneLen(r)
		if r == utf8.RuneError {
			n = 1
		}
		for range n {
			out = append(out, i)
		}
	}
	return append(out, len(text))
}

// style is what an entity means for the text in it; "" for what is none of
// our business, as a mention is.
func (e wireEntity) style(text string) (style bots.Style, arg string) {
	switch e.Type {
	case "bold":
		return bots.Bold, ""
	case "italic":
		return bots.Italic, ""
	case "underline":
		return bots.Underline, ""
	case "strikethrough":
		return bots.Strike, ""
	case "spoiler":
		return bots.Spoiler, ""
	case "code":
		return bots.Code, ""
	case "pre":
		return bots.Pre, e.Language
	case "blockquote", "expandable_blockquote":
		return bots.Quote, ""
	case "text_link":
		return bots.Link, e.URL
	case "email":
		return bots.Link, "mailto:" + text
	case "url":
		if !strings.Contains(text, "://") {
			return bots.Link, "http://" + text
		}
		return bots.Link, text
	}
	return "", ""
}
