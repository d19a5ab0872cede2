package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestDoctorWarnsOfDirectoriesThatTellWhoseTheyAre(t *testing.T) {
	for dir, warned := range map[string]bool{"/home/alice/onionbot": true, "/var/lib/onionbot": false, "/homes/x": false} {
		var out strings.Builder
		well := printFindings(&out, []finding{tellingDir(finding{what: "state directory", note: dir})})
		if got := strings.HasPrefix(out.String(), "warn"); got != warned || !well {
			t.Errorf("%s: %t %s", dir, well, out.String())
		}
	}
}

func TestDoctorTellsHowOldImagesAre(t *testing.T) {
	const day = 24 * time.Hour
	for _, c := range []struct {
		age    time.Duration // 0 = not built
		limit  time.Duration
		warned bool
		say    string
	}{
		{0, 7 * day, false, "not built yet"},
		{3 * day, 7 * day, false, "3 days old"},
		{9 * day, 7 * day, true, "9 days old, older than docker.image_age"},
		{900 * day, 0, false, "900 days old"},
	} {
		built := time.Now().Add(-c.age)
		if c.age == 0 {
			built = time.Time{}
		}
		f := imageAge("site", built, c.limit, nil)
		if f.warn != c.warned || !strings.HasPrefix(f.note, c.say) || f.err != nil {
			t.Errorf("%v of %v: %+v", c.age, c.limit, f)
		}
	}
}

func TestDoctorSaysEveryProblemOnALineOfItsOwn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.toml")
	text := "log_level = loud\n[tor]\nsize = 99\n[[users]]\nname = \"ann\"\nservices = [\"blog\", \"shell\", \"sit\", \"*\"]\nmax_instances = 1\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, err := loadConfig(path)
	_, users := examineCatalogue(cfg)
	var out strings.Builder
	if printFindings(&out, append(examineConfig(path, err), users...)) {
		t.Error("all is well")
	}
	for _, want := range []string{
		"FAIL  configuration   " + path + ", line 1", "FAIL  configuration   " + path + ": tor.size", `there is no service "blog"`,
		`write services = ["ssh"]`, `(did you mean "site"?); the catalogue`,
	} {
		if strings.Count(out.String(), want) != 1 {
			t.Errorf("%q is not in\n%s", want, out.String())
		}
	}
	if strings.Contains(out.String(), `"*"`) {
		t.Error("everything is not a service")
	}
}

func TestDoctorAsksTheServersOfTheNetworks(t *testing.T) {
	token := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(token, []byte("12:secretsecret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	refuses := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = io.WriteString(w, `{"ok":false,"error_code":401,"description":"Unauthorized"}`)
	}))
	defer refuses.Close()
	dead := httptest.NewServer(nil)
	dead.Close()
	for _, c := range []struct{ telegram, mastodon, wantTelegram, wantMastodon string }{
		{refuses.URL, refuses.URL, "does not accept the bot's token", "onionbot mastodon login"},
		{dead.URL, dead.URL, "Telegram cannot be reached", "cannot be reached"},
		{"", "https://mastodon.example", "no way through tor", "no way through tor"},
	} {
		cfg := defaultConfig()
		cfg.Telegram.TokenFile, cfg.Telegram.APIURL = token, c.telegram
		cfg.Mastodon.TokenFile, cfg.Mastodon.Server = token, c.mastodon
		var out strings.Builder
		if printFindings(&out, examineServers(t.Context(), cfg, nil)) {
			t.Errorf("%s: all is well", c.telegram)
		}
		lines := strings.Split(out.String(), "\n")
		if len(lines) != 3 || !strings.Contains(lines[0], c.wantTelegram) || !strings.Contains(lines[1], c.wantMastodon) || strings.Contains(out.String(), "secret") {
			t.Errorf("it says %q", lines)
		}
	}
}
