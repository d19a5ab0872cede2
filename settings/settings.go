package settings

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"onionbot/services"
)

// Problem is one thing that is wrong with a file.
type Problem struct {
	Line, Column int    // from 1, in characters; 0 if it has no place
	Key          string // the setting that it is about, as in "tor.size"; "" if that is not known
	Say          string // half a sentence for whoever wrote the file
}

// Concerns reports whether the problem is about a setting of that name: what
// misses it afterwards has no other cause.
func (p Problem) Concerns(name string) bool {
	return p.Key == name || strings.HasSuffix(p.Key, "."+name)
}

// mostProblems is how many a reader is told of at once.
const mostProblems = 20

// Decode reads a file into the struct that into points to. What is wrong comes
// back in the order of the file; everything else has been read.
func Decode(data []byte, into any) []Problem {
	text, problem := plain(data)
	if problem != nil {
		return []Problem{*problem}
	}
	var found []Problem
	for range mostProblems {
		problems, skip := decode(text, into)
		found = append(found, problems...)
		if skip == 0 {
			break
		}
		text = without(text, skip)
	}
	slices.SortStableFunc(found, func(a, b Problem) int { return a.Line - b.Line })
	return found
}

// decode reads the text once. A line to skip, if it is not 0, is one without
// which reading can go on.
func decode(text []byte, into any) (problems []Problem, skip int) {
	err := toml.NewDecoder(bytes.NewReader(text)).DisallowUnknownFields().Decode(into)
	var strict *toml.StrictMissingError
	var wrong *toml.DecodeError
	switch {
	case err == nil:
		return nil, 0
	case errors.As(err, &strict):
		for _, e := range strict.Errors {
			problems = append(problems, unknown(&e, into))
		}
		return problems, 0
	case !errors.As(err, &wrong):
		p, skip := unplaced(text, err, into)
		return []Problem{p}, skip
	}
	p, line := misread(text, wrong, into), lineOf(text, wrong)
	if simple(line) && !spills(line, wrong.Error()) {
		skip = p.Line
	}
	return []Problem{p}, skip
}

// unknown is a setting that there is not.
func unknown(e *toml.DecodeError, into any) Problem {
	line, _ := e.Position()
	key := e.Key()
	name, p := key[len(key)-1], Problem{Line: line, Key: strings.Join(key, ".")}
	p.Say = fmt.Sprintf("%q is not known here", p.Key)
	if near := services.Suggest(strings.ToLower(name), names(into, key[:len(key)-1])); near != "" {
		p.Key = strings.Join(append(slices.Clone(key[:len(key)-1]), near), ".")
		p.Say += fmt.Sprintf("; did you mean %q?", near)
		return p
	}
	if table, ok := tableOf(into, name); ok {
		p.Key = name
		p.Say += "; " + belongs(name, table)
	}
	return p
}

// belongs says where a setting has its place.
func belongs(name, table string) string {
	if table == "" {
		return fmt.Sprintf("%q belongs at the top of the file, before the first line in [brackets]", name)
	}
	return fmt.Sprintf("%q belongs below the line %s", name, table)
}

// misread is what TOML or a setting's type does not allow.
func misread(text []byte, wrong *toml.DecodeError, into any) Problem {
	line, column := wrong.Position()
	source := lineOf(text, wrong)
	say := strings.TrimPrefix(wrong.Error(), "toml: ")
	if key := wrong.Key(); len(key) > 0 && !strings.HasSuffix(say, " is already defined") && !strings.HasSuffix(say, " already exists") {
		p := Problem{Line: line, Key: strings.Join(key, ".")}
		if _, own, ok := strings.Cut(say, mustBe); ok { // the type says it itself
			p.Say = fmt.Sprintf("%q %s%s", p.Key, mustBe, own)
		} else if kind := kindOf(into, key); kind != "" {
			p.Say = fmt.Sprintf("%q must be %s", p.Key, kind)
		} else {
			p.Say = fmt.Sprintf("%q cannot be read", p.Key)
		}
		return p
	}
	p := Problem{Line: line, Column: characters(source, column), Key: keyOf(source), Say: explain(source, column, say)}
	if spills(source, say) {
		p.Key = ""
	}
	return p
}

// unplaced is an error of which the library does not say where it is, as it is
// with a number in the place of a duration.
func unplaced(text []byte, err error, into any) (p Problem, skip int) {
	p = Problem{Say: strings.TrimPrefix(err.Error(), "toml: ")}
	var value *refused
	if !errors.As(err, &value) {
		return p, 0
	}
	var table []string
	for i, line := range strings.Split(string(text), "\n") {
		code := strings.TrimSpace(beforeRemark(line))
		if strings.HasPrefix(code, "[") {
			table = strings.Split(strings.Trim(code, "[] "), ".")
			continue
		}
		name, written, _ := strings.Cut(code, "=")
		key := append(slices.Clone(table), strings.TrimSpace(name))
		if isDuration(into, key) && strings.Contains(written, value.value) && !strings.Contains(written, `"`) {
			p.Line, p.Key = i+1, strings.Join(key, ".")
			p.Say = fmt.Sprintf("%q %s", p.Key, value)
			return p, p.Line
		}
	}
	return p, 0
}

// lineOf is the line of the text that an error is about.
func lineOf(text []byte, e *toml.DecodeError) string {
	line, _ := e.Position()
	lines := strings.Split(string(text), "\n")
	if line < 1 || line > len(lines) {
		return ""
	}
	return strings.TrimRight(lines[line-1], "\r")
}

// spills reports whether an error is about a list that began in an earlier line.
func spills(line, say string) bool {
	return strings.Contains(say, "array") && !strings.Contains(line, "[")
}

// simple reports whether a line is a setting that ends with it, so that the
// others can be read without it.
func simple(line string) bool {
	name, value, ok := strings.Cut(line, "=")
	return ok && !strings.ContainsAny(name, "[]{}\"'") && !strings.Contains(value, `"""`) &&
		!strings.Contains(value, "'''") && !strings.HasPrefix(strings.TrimSpace(name), "#") &&
		strings.Count(value, "[") == strings.Count(value, "]")
}

// keyOf is the setting of a line that is simple.
func keyOf(line string) string {
	if !simple(line) {
		return ""
	}
	name, _, _ := strings.Cut(line, "=")
	return strings.TrimSpace(name)
}

// without makes an empty line of one.
func without(text []byte, line int) []byte {
	lines := bytes.Split(text, []byte("\n"))
	lines[line-1] = nil
	return bytes.Join(lines, []byte("\n"))
}
