package reply

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"onionbot/bots"
	"onionbot/bots/botstest"
	"onionbot/bots/command"
	"onionbot/services"
)

var (
	noon     = botstest.Noon()
	anna     = botstest.Anna()
	operator = botstest.Operator()
)

func catalog() []*services.Definition { return botstest.Catalog() }

func definition(name string) *services.Definition {
	return services.Find(catalog(), name)
}

var update = flag.Bool("update", false, "write the golden files")

// constants are the values of a string type as package services declares them.
func constants(t *testing.T, file, typ string) []string {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), filepath.Join("..", "..", "services", file), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	ast.Inspect(f, func(n ast.Node) bool {
		v, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if id, ok := v.Type.(*ast.Ident); ok && id.Name == typ {
			s, err := strconv.Unquote(v.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, s)
		}
		return true
	})
	if len(out) == 0 {
		t.Fatalf("no constants of type %s in %s", typ, file)
	}
	return out
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (run with -update if this is meant): %s", path, diff)
	}
}

func describe(r bots.Reply) string {
	var b strings.Builder
	fmt.Fprintln(&b, r.Text)
	for _, row := range r.Buttons {
		for _, button := range row {
			fmt.Fprintf(&b, "  [%s: %s]", button.Label, button.Command)
		}
		fmt.Fprintln(&b)
	}
	for _, flag := range []struct {
		name string
		set  bool
	}{{"pending", r.Pending}, {"error", r.Error}, {"address", r.Address != ""}, {"link", r.Link != ""}, {"qr " + r.QR, r.QR != ""}} {
		if flag.set {
			fmt.Fprintf(&b, "  (%s)\n", flag.name)
		}
	}
	return b.String()
}

func TestEveryCodeHasASentence(t *testing.T) {
	var b strings.Builder
	args := []string{
		"word", "wrod", "suggestion", "word", "command", "start", "name", "blog", "person", "bob", "service", "site", "other", "share", "port", "80", "names", "blog, site", "example", "more 2h blog",
		"min", "1m0s", "max", "2h0m0s", "reason", "bomb", "what", "tor",
	}
	internal := sentence(services.E(services.CodeInternal))
	for _, code := range constants(t, "errors.go", "Code") {
		a := args
		if strings.HasPrefix(code, "text-") || code == "too-many" {
			a = []string{"max", "3"}
		}
		s := describe((&Renderer{}).Failure(services.E(services.Code(code), a...)))
		fmt.Fprintf(&b, "## %s\n%s\n", code, s)
	}
	fmt.Fprintf(&b, "## too-many: several places\n%s\n\n", sentence(services.E(services.CodeTooMany, "max", "3", "needs", "2", "have", "2")))
	for _, code := range []services.Code{services.CodeUsage, services.CodeTooOld, services.CodeFull, services.CodeNoSSHKeys} {
		if sentence(services.E(code)) == internal {
			t.Errorf("%s has no sentence of its own", code)
		}
	}
	for _, reason := range contentReasons(t) {
		e := services.E(services.CodeBadContent, "reason", reason, "kind", "7z", "file", "my <file>.7z")
		fmt.Fprintf(&b, "## content: %s\n%s\n\n", reason, contentSentence(e))
		if contentSentence(e) == contentSentence(services.E(services.CodeBadContent)) {
			t.Errorf("content reason %q has no sentence", reason)
		}
	}
	golden(t, "errors", b.String())
}

// contentReasons are the reasons that package content gives.
func contentReasons(t *testing.T) []string {
	t.Helper()
	source, err := os.ReadFile("../../services/content/reasons.go")
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, m := range regexp.MustCompile(`(?m)^\t[A-Z]\w+\s+= "([a-z-]+)"`).FindAllSubmatch(source, -1) {
		out = append(out, string(m[1]))
	}
	if len(out) < 10 {
		t.Fatalf("only %d reasons found", len(out))
	}
	return append(out, "forgotten", "used")
}

func TestWhatHappenedOnTheWayInIsSaid(t *testing.T) {
	var b strings.Builder
	seen := make(map[string]bool)
	for _, code := range constants(t, "shown.go", "RemarkCode") {
		r := services.Remark{
			Code: services.RemarkCode(code), Reason: "bad-name", Names: []string{"../a@b_c.txt", "b", "c", "d"}, Fields: []string{"camera", "place (GPS)"},
		}
		s := remark(r)
		if s == "" || seen[s] || strings.Contains(s, "@") {
			t.Errorf("%s: %q", code, s)
		}
		seen[s] = true
		fmt.Fprintf(&b, "## %s\n%s\n\n", code, s)
	}
	golden(t, "remarks", b.String())
}

func TestEveryKindHasAReply(t *testing.T) {
	r := &Renderer{}
	var b strings.Builder
	for _, kind := range constants(t, "notice.go", "Kind") {
		n := &services.Notice{
			Kind: services.Kind(kind), Instance: botstest.InstanceID, Body: []byte(`{"Text":"the answer"}`),
			To: services.Route{Network: "test", Account: "1"},
			Args: map[string]string{
				"name": "site", "service": "site", "reason": "expired", "fault": "tor", "left": "15m0s", "by": "2h0m0s", "allowed": "bob",
				"step": "building the image", "checked": "2026-11-23T14:00:03Z",
				"counts": "download", "from": "1", "to": "2", "of": "5",
			},
		}
		for name, i := range map[string]*services.Instance{"": botstest.Instance("site", nil), " without its row": nil} {
			d := definition("site")
			reply, err := r.Render(n, i, d, noon)
			if err != nil || reply.Text == "" {
				t.Errorf("%s%s: %q %v", kind, name, reply.Text, err)
			}
			if i != nil {
				fmt.Fprintf(&b, "## %s\n%s\n", kind, describe(reply))
			}
		}
	}
	golden(t, "kinds", b.String())
}

func TestOnlyWhatWasOpenedIsCalledReachableAgain(t *testing.T) {
	for opened, want := range map[string]string{"true": "site is reachable again", "false": "I did not open it myself"} {
		n := &services.Notice{Kind: services.KindBack, Instance: botstest.InstanceID, Args: map[string]string{"opened": opened}}
		reply, err := (&Renderer{}).Render(n, botstest.Instance("site", nil), definition("site"), noon)
		if err != nil || !strings.Contains(reply.Text, want) {
			t.Errorf("opened %s: %q %v", opened, reply.Text, err)
		}
	}
}

func TestCardsFollowTheInstance(t *testing.T) {
	r := &Renderer{}
	var b strings.Builder
	show := func(title string, reply bots.Reply) { fmt.Fprintf(&b, "## %s\n%s\n", title, describe(reply)) }
	card := func(i *services.Instance) bots.Reply {
		reply, err := r.Render(&services.Notice{Kind: services.KindStarted, Instance: i.ID}, i, definition(i.Service), noon)
		if err != nil {
			t.Fatal(err)
		}
		return reply
	}
	for _, state := range constants(t, "instance.go", "State") {
		show("site "+state, card(botstest.Instance("site", func(i *services.Instance) { i.State = services.State(state) })))
	}
	show("ssh reachable", card(botstest.Instance("ssh", nil)))
	joint := botstest.Instance("site+ssh", func(i *services.Instance) { i.Name = "camp" })
	show("joint reachable", card(joint))
	show("joint qr", r.QR(joint, definition("site+ssh")))
	show("burn rules", card(botstest.Instance("site", func(i *services.Instance) {
		i.Rules = services.Rules{Idle: 15 * time.Minute, Visits: 20}
	})))
	show("status", r.Status(botstest.Instance("site", func(i *services.Instance) { i.Rules.Visits, i.Visits = 20, 3 }), definition("site"),
		services.Health{Tor: "tor does not answer", Adapters: map[string]string{"telegram": "another program polls this bot"}}, noon))
	show("qr", r.QR(botstest.Instance("site", nil), definition("site")))
	show("list", r.List(operator, []*services.Instance{
		botstest.Instance("site", nil),
		botstest.Instance("ssh", func(i *services.Instance) { i.Owner, i.Name, i.State = "operator", "box", services.StatePublishing }),
		botstest.Instance("ssh", func(i *services.Instance) { i.Owner, i.Desired = "operator", services.DesiredGone }),
	}, noon))
	golden(t, "cards", b.String())
}

func TestHelpIsMadeFromTheTable(t *testing.T) {
	r := &Renderer{}
	var b strings.Builder
	fmt.Fprintf(&b, "## help\n%s\n", describe(r.Help(anna, "")))
	for _, e := range command.Table(operator) {
		fmt.Fprintf(&b, "## help %s\n%s\n", e.Name, describe(r.Help(operator, e.Name)))
	}
	fmt.Fprintf(&b, "## hello\n%s\n## services\n%s", describe(r.Greeting(catalog()[1:])), describe(r.Services(catalog()[1:])))
	golden(t, "help", b.String())
	if strings.Contains(r.Help(anna, "").Text, "audit") {
		t.Error("help shows a command that is not permitted")
	}
	for _, e := range command.Table(operator) {
		for _, x := range e.Examples {
			if c, err := grammar(operator).Parse(x.Line); err != nil || c.Verb != e.Name {
				t.Errorf("the example %q is understood as %+v: %v", x.Line, c, err)
			}
		}
	}
}
