package metrics

import (
	"encoding/json"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

const (
	rulesFile     = "../packaging/prometheus/onionbot.rules.yml"
	dashboardFile = "../packaging/grafana/onionbot.json"
)

var (
	numberName = regexp.MustCompile(`\b(?:onionbot|process|go)_[a-z_]+\b`)
	labelValue = regexp.MustCompile(`\b(state|result)="([^"]*)"`)
	runbook    = regexp.MustCompile(`runbook: 'docs/operations\.md: "([^"]+)"'`)
)

func contentOf(t *testing.T, file string) string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// wantKnown fails for numbers in an expression that no scrape has.
func wantKnown(t *testing.T, scrape, where, expr string) {
	t.Helper()
	for _, name := range numberName.FindAllString(expr, -1) {
		if !strings.Contains(scrape, "\n# TYPE "+name+" ") {
			t.Errorf("%s: the bot has no number %s", where, name)
		}
	}
	for _, label := range labelValue.FindAllString(expr, -1) {
		if !strings.Contains(scrape, label) {
			t.Errorf("%s: no number of the bot has %s", where, label)
		}
	}
}

func TestAlertsAreAboutNumbersThatExistAndSayWhatToDo(t *testing.T) {
	scrape := endpoint(t, busy(t, time.Now()))()
	document := contentOf(t, "../docs/operations.md")
	_, table, _ := strings.Cut(document, "## When something is wrong")
	table, _, _ = strings.Cut(table, "\n## ")
	alerts := strings.Split(contentOf(t, rulesFile), "- alert: ")[1:]
	if len(alerts) < 12 {
		t.Fatalf("only %d alerts", len(alerts))
	}
	for _, alert := range alerts {
		name, rest, _ := strings.Cut(alert, "\n")
		expr, _, found := strings.Cut(rest, "labels:\n")
		if !found || !regexp.MustCompile(`summary: '[A-Z{].+\.'`).MatchString(rest) || !regexp.MustCompile(`severity: (critical|warning)\n`).MatchString(rest) {
			t.Errorf("%s: it has no severity or no sentence", name)
		}
		wantKnown(t, scrape, name, expr)
		symptom := runbook.FindStringSubmatch(rest)
		if symptom == nil || !hasSymptom(table, symptom[1]) {
			t.Errorf("%s: its runbook %q is no symptom of docs/operations.md", name, symptom)
		}
	}
}

// hasSymptom looks into the first column of the table.
func hasSymptom(table, words string) bool {
	for line := range strings.Lines(table) {
		if cells := strings.Split(line, " | "); len(cells) == 3 && strings.Contains(cells[0], words) {
			return true
		}
	}
	return false
}

func TestTheDashboardShowsNumbersThatExist(t *testing.T) {
	scrape := endpoint(t, busy(t, time.Now()))()
	var dashboard struct {
		Title  string
		Panels []struct {
			ID      int
			Title   string
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal([]byte(contentOf(t, dashboardFile)), &dashboard); err != nil {
		t.Fatal(err)
	}
	var shown []string
	var ids []int
	for _, panel := range dashboard.Panels {
		if panel.Title == "" || len(panel.Targets) == 0 || slices.Contains(ids, panel.ID) {
			t.Errorf("panel %d %q has no title, nothing to show or another's number", panel.ID, panel.Title)
		}
		ids = append(ids, panel.ID)
		for _, target := range panel.Targets {
			wantKnown(t, scrape, panel.Title, target.Expr)
			shown = append(shown, numberName.FindAllString(target.Expr, -1)...)
		}
	}
	for _, found := range regexp.MustCompile(`# TYPE (onionbot_\S+)`).FindAllStringSubmatch(scrape, -1) {
		if name := found[1]; name != "onionbot_build_info" && !slices.Contains(shown, name) {
			t.Errorf("the dashboard does not show %s", name)
		}
	}
}

func TestAlertsRingWhenTheyShould(t *testing.T) {
	if os.Getenv("ONIONBOT_SOAK") == "" {
		t.Skip("in the long form only: it needs promtool, of the Debian package prometheus")
	}
	for _, args := range [][]string{{"check", "rules", "onionbot.rules.yml"}, {"test", "rules", "onionbot.test.yml"}} {
		command := exec.CommandContext(t.Context(), "promtool", args...)
		command.Dir = "../packaging/prometheus"
		if out, err := command.CombinedOutput(); err != nil {
			t.Errorf("promtool %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
}
