package command_test

import (
	"flag"
	"os"
	"strconv"
	"strings"
	"testing"

	"onionbot/bots/command"
	"onionbot/bots/reply"
	"onionbot/services"
)

var update = flag.Bool("update", false, "write the golden files")

// TestRealPhrases reads what people really type (testdata/phrases.txt): each
// line is a message, quoted as in Go where it has to be, and behind "=>" the
// command as it was understood, or the sentence that refuses it.
func TestRealPhrases(t *testing.T) {
	const file = "testdata/phrases.txt"
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	count := 0
	for line := range strings.Lines(string(raw)) {
		line = strings.TrimSuffix(line, "\n")
		if line == "" || strings.HasPrefix(line, "# ") {
			out = append(out, line)
			continue
		}
		count++
		phrase, want, _ := strings.Cut(line, " => ")
		got := answerTo(t, phrase)
		if got != want && !*update {
			t.Errorf("%s\n got %s\nwant %s", phrase, got, want)
		}
		out = append(out, phrase+" => "+got)
	}
	if count < 150 {
		t.Errorf("only %d phrases", count)
	}
	if *update {
		if err := os.WriteFile(file, []byte(strings.Join(out, "\n")+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// answerTo is what becomes of a phrase.
func answerTo(t *testing.T, phrase string) string {
	t.Helper()
	if text, err := strconv.Unquote(phrase); err == nil && strings.HasPrefix(phrase, `"`) {
		phrase = text
	}
	g := grammar(anna)
	g.Services = append(g.Services, &services.Definition{Name: "blog"})
	c, err := g.Parse(phrase)
	if err != nil {
		r := (&reply.Renderer{}).Failure(err)
		return "refused: " + strings.ReplaceAll(r.Text, "\n", " / ")
	}
	return strings.ReplaceAll(command.Command.String(c), "\n", " / ")
}
