package content

import (
	"net/url"
	"path"
	"regexp"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/charset"
	"golang.org/x/text/unicode/norm"

	"onionbot/services/content/filename"
)

// Names are cleaned on the way in, and pages link to files as their author's
// system spelt them: composed or not, in another case, in another code page.
// Every file therefore answers to its further spellings too, by hard links:
// that costs no space, leaves pages as they were written, and needs nothing of
// the server. Lists name a file once, by its clean name.

// Bounds of the search for links, so that it stays a small part of the work.
const (
	maxPages    = 300
	maxPageSize = 2 << 20
	maxAliases  = 4000
)

// spellings lets every file answer to the name that it had, and to the
// decomposed form in which Macs ask for it.
func (w *writer) spellings() {
	for _, f := range w.manifest.Files {
		if raw := string(f.Raw); raw != "" && harmless(raw) {
			w.alias(f.Name, raw)
		}
		if apart := norm.NFD.String(f.Name); apart != f.Name && harmless(apart) {
			w.alias(f.Name, apart)
		}
	}
}

// harmless reports whether a name can be created as it is: below the root,
// nothing hidden, no element too long.
func harmless(name string) bool {
	if leftover(name) != "" || strings.ContainsRune(name, 0) || path.Clean(name) != name || strings.HasPrefix(name, "/") {
		return false
	}
	for e := range strings.SplitSeq(name, "/") {
		if e == ".." || e == "." || e == "" || len(e) > 255 {
			return false
		}
	}
	return true
}

// followLinks looks for what pages link to, and lets files answer to spellings
// that differ in case, form or spaces only.
func (w *writer) followLinks() error {
	var pages []string
	byFold := make(map[string]string, len(w.manifest.Files))
	for _, f := range w.manifest.Files {
		byFold[w.fold(f.Name)] = f.Name
		if ext := extension(f.Name); (isHTML(f.Name) || ext == ".css" || ext == ".svg") && f.Bytes <= maxPageSize {
			pages = append(pages, f.Name)
		}
	}
	pages = append(pages, w.manifest.Made...)
	aliases := 0
	for _, page := range pages[:min(len(pages), maxPages)] {
		data, err := w.root.ReadFile(page)
		if err != nil {
			return err
		}
		for _, link := range links(data) {
			target, ok := target(page, link)
			if !ok || w.seen[target] {
				continue
			}
			if name, known := byFold[w.fold(target)]; known && aliases < maxAliases {
				w.alias(name, target)
				aliases++
			}
		}
	}
	return nil
}

// fold is what spellings of one name have in common.
func (w *writer) fold(name string) string {
	elements := strings.Split(name, "/")
	for i, e := range elements {
		elements[i] = strings.ToLower(filename.Clean(e, w.limits.NameLen))
	}
	return strings.Join(elements, "/")
}

// target is the file that a link on a page asks the server for.
func target(page, link string) (string, bool) {
	link = strings.ReplaceAll(strings.TrimSpace(link), `\`, "/")
	link, _, _ = strings.Cut(link, "#")
	link, _, _ = strings.Cut(link, "?")
	if first, _, _ := strings.Cut(link, "/"); link == "" || strings.Contains(first, ":") || strings.HasPrefix(link, "//") {
		return "", false
	}
	if plain, err := url.PathUnescape(link); err == nil {
		link = plain
	}
	if !strings.HasPrefix(link, "/") {
		link = path.Join("/", path.Dir(page), link)
	}
	name := strings.TrimPrefix(path.Clean(link), "/")
	return name, harmless(name)
}

// styled matches what style sheets load.
var styled = regexp.MustCompile(`url\(\s*["']?([^"')\s][^"')]*)`)

// links are the addresses in a page or a style sheet.
func links(data []byte) []string {
	var out []string
	for _, m := range styled.FindAllSubmatch(data, -1) {
		out = append(out, string(m[1]))
	}
	from, err := charset.NewReader(strings.NewReader(string(data)), "text/html")
	if err != nil {
		return out
	}
	for z := html.NewTokenizer(from); ; {
		switch z.Next() {
		case html.ErrorToken:
			return out
		case html.StartTagToken, html.SelfClosingTagToken:
			for _, a := range z.Token().Attr {
				out = append(out, addresses(a)...)
			}
		}
	}
}

// addresses are what one attribute links to.
func addresses(a html.Attribute) []string {
	switch a.Key {
	case "href", "src", "poster", "data", "background", "xlink:href":
		return []string{a.Val}
	case "srcset":
		var out []string
		for part := range strings.SplitSeq(a.Val, ",") {
			if address, _, _ := strings.Cut(strings.TrimSpace(part), " "); address != "" {
				out = append(out, address)
			}
		}
		return out
	}
	return nil
}
