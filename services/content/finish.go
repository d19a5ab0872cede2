package content

import (
	"fmt"
	"html"
	"path"
	"slices"
	"strings"

	"onionbot/services"
	"onionbot/services/content/filename"
)

// Bounds of the texts that pages are made of, in bytes. A larger text is a
// download. A larger Markdown file, or one too many, is shown as plain text:
// the time that Markdown takes can grow with the square of the text.
const (
	maxText        = 1 << 20
	maxMarkdown    = 64 << 10
	maxAllMarkdown = 512 << 10
)

// finish makes the pages that did not come along, and gives files the further
// names that links and browsers ask for.
func (w *writer) finish(pages Pages) error {
	if err := w.renderMarkdown(pages); err != nil {
		return err
	}
	if err := w.firstPage(pages); err != nil {
		return err
	}
	w.folderPages()
	w.spellings()
	return w.followLinks()
}

// renderMarkdown makes a page beside every Markdown file.
func (w *writer) renderMarkdown(pages Pages) error {
	for _, f := range w.manifest.Files {
		name := w.limits.rendered(f.Name)
		if !isMarkdown(f.Name) || w.has(name) || f.Bytes > maxText {
			continue
		}
		text, err := w.root.ReadFile(f.Name)
		if err != nil {
			return fmt.Errorf("render content: %w", err)
		}
		page, err := pages.Page(Page{Title: path.Base(f.Name), Text: string(text), Markdown: w.affordable(f)})
		if reasonOf(err) == Unshowable {
			continue // it stays a download
		}
		if err != nil {
			return err
		}
		if err := w.make(name, page); err != nil && reasonOf(err) != Twice { // a folder is called so: a download then
			return err
		}
	}
	return nil
}

// affordable reports whether a file is to be read as Markdown.
func (w *writer) affordable(f sent) bool {
	if f.Bytes > maxMarkdown || w.markdown+f.Bytes > maxAllMarkdown {
		return false
	}
	w.markdown += f.Bytes
	return true
}

// rendered is the name of a Markdown file's page.
func (l Limits) rendered(name string) string {
	dir, file := path.Split(name)
	return dir + filename.Shorten(strings.TrimSuffix(file, path.Ext(file))+".html", l.NameLen)
}

// firstPage sees to it that there is an index.html: the page that came, which
// words have no place on, or one that is made of the words and the files.
func (w *writer) firstPage(pages Pages) error {
	w.manifest.First = w.ownPage()
	if own := w.manifest.First; own != "" {
		if err := w.openWith(own); err != nil {
			return err
		}
		if w.manifest.Words != "" {
			w.manifest.Remarks = append(w.manifest.Remarks, services.Remark{Code: services.RemarkWords})
		}
		if beside := w.beside(own); len(beside) > 0 {
			w.manifest.Remarks = append(w.manifest.Remarks, services.Remark{Code: services.RemarkBeside, Names: beside[:min(len(beside), most)]})
		}
		return nil
	}
	p := Page{Words: w.manifest.Words, Lang: w.manifest.Lang}
	text := w.firstText()
	if text != "" {
		data, err := w.root.ReadFile(text)
		if err != nil {
			return fmt.Errorf("make page: %w", err)
		}
		p.Title, p.Text, p.Markdown = path.Base(text), string(data), isMarkdown(text) && len(data) <= maxMarkdown
	}
	for _, f := range w.manifest.Files {
		if f.Name == text && isMarkdown(text) || text != "" && mentioned(p.Text, f.Name) {
			continue // what the text shows or links itself
		}
		p.Files = append(p.Files, w.item(f))
	}
	made, err := pages.Page(p)
	if err != nil {
		return err
	}
	if w.has(indexPage) { // an index.md was rendered to it, without the words
		if err := w.root.Remove(indexPage); err != nil {
			return fmt.Errorf("make page: %w", err)
		}
	}
	return w.make(indexPage, made)
}

// openWith makes a page the first one. One in a folder is led to: its own
// links count from there.
func (w *writer) openWith(page string) error {
	if !strings.Contains(page, "/") {
		w.alias(page, indexPage)
		return nil
	}
	return w.make(indexPage, fmt.Appendf(nil, "<!doctype html>\n<meta charset=\"utf-8\">\n<meta http-equiv=\"refresh\" content=\"0; url=%[1]s\">\n"+
		"<title>To the page</title>\n<p><a href=\"%[1]s\">To the page</a></p>\n", html.EscapeString("./"+href(page))))
}

// mentioned reports whether a text names a file, as links and pictures do.
func mentioned(text, name string) bool {
	return strings.Contains(text, "("+name) || strings.Contains(text, "("+href(name)) || strings.Contains(text, "(./"+name) ||
		strings.Contains(text, "<"+name+">") || strings.Contains(text, `"`+name+`"`)
}

func (w *writer) item(f sent) Item {
	i := Item{Name: f.Name, Description: f.Description, Bytes: f.Bytes, Kind: kindOf(f.Name)}
	if page := w.limits.rendered(f.Name); isMarkdown(f.Name) && slices.Contains(w.manifest.Made, page) {
		i.Link = page
	}
	return i
}

const indexPage = "index.html"

// indexNames are what a folder's own page is called, the likeliest first.
func indexNames() []string {
	return []string{"index.html", "index.htm", "index.xhtml", "index.shtml", "default.html", "default.htm", "home.html", "home.htm"}
}

// ownPage is the HTML file that is meant to be seen first; "" if none came. A
// file that is the only page beside its pictures is it, whatever its name.
func (w *writer) ownPage() string {
	var top []string
	for _, f := range w.manifest.Files {
		if !strings.Contains(f.Name, "/") && isHTML(f.Name) {
			top = append(top, f.Name)
		}
	}
	if own := indexOf(top); own != "" {
		return own
	}
	if slices.Contains(top, w.manifest.First) { // and a page was added to it
		return w.manifest.First
	}
	top = slices.DeleteFunc(top, func(name string) bool { return isMissing(name) })
	switch len(top) {
	case 0:
		return w.deepPage()
	case 1:
		return top[0]
	}
	return ""
}

// deepPage is the HTML file in a folder that is meant to be seen first, where
// there is none at the top: the only one, or the only index.
func (w *writer) deepPage() string {
	var pages, indexes []string
	for _, f := range w.manifest.Files {
		if !isHTML(f.Name) {
			continue
		}
		pages = append(pages, f.Name)
		if indexOf([]string{path.Base(f.Name)}) != "" {
			indexes = append(indexes, f.Name)
		}
	}
	switch {
	case len(pages) == 1:
		return pages[0]
	case len(indexes) == 1:
		return indexes[0]
	}
	return ""
}

// indexOf is the one of some pages that a folder is opened with.
func indexOf(pages []string) string {
	for _, want := range indexNames() {
		if slices.Contains(pages, want) {
			return want
		}
		for _, name := range pages {
			if strings.EqualFold(name, want) {
				return name
			}
		}
	}
	return ""
}

// isMissing is the page for what is not there.
func isMissing(name string) bool {
	return strings.EqualFold(name, "404.html") || strings.EqualFold(name, "404.htm")
}

// firstText is the text file that stands on the first page; "" for none.
func (w *writer) firstText() string {
	var top []string
	others := 0
	for _, f := range w.manifest.Files {
		switch {
		case strings.Contains(f.Name, "/") || f.Bytes > maxText || !isMarkdown(f.Name) && !isText(f.Name):
			if kindOf(f.Name) != Picture {
				others++
			}
		default:
			top = append(top, f.Name)
		}
	}
	for _, want := range []string{"index", "readme", "home"} {
		for _, name := range top {
			if isMarkdown(name) && strings.EqualFold(strings.TrimSuffix(name, path.Ext(name)), want) {
				return name
			}
		}
	}
	if len(top) == 1 && (others == 0 || isMarkdown(top[0])) {
		return top[0]
	}
	return ""
}

// folderPages gives every folder the index.html that it means to have, and the
// site its page for what is missing.
func (w *writer) folderPages() {
	folders := make(map[string][]string)
	for _, f := range w.manifest.Files {
		if dir, name := path.Split(f.Name); dir != "" && isHTML(name) {
			folders[dir] = append(folders[dir], name)
		}
		if isMissing(f.Name) {
			w.alias(f.Name, "404.html")
		}
	}
	for dir, pages := range folders {
		if own := indexOf(pages); own != "" {
			w.alias(dir+own, dir+indexPage)
		}
	}
}
