package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pelletier/go-toml/v2"

	"onionbot/services"
	"onionbot/services/catalog"
	"onionbot/tor"
)

const example = "../../config.example.toml"

func TestExampleConfigurationHasEverySettingWithItsDefault(t *testing.T) {
	cfg, err := loadConfig(example)
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(example)
	if err != nil {
		t.Fatal(err)
	}
	var tree map[string]any
	if err := toml.Unmarshal(data, &tree); err != nil {
		t.Fatal(err)
	}
	wantKeys(t, "", reflect.TypeFor[config](), tree)

	want := defaultConfig()
	want.Users = cfg.Users
	cfg.Tor.ControlSockets = nil
	if !reflect.DeepEqual(cfg, want) {
		t.Errorf("the example says\n%+v\nthe defaults are\n%+v", cfg, want)
	}
}

// wantKeys sees that every setting of the code stands in the example.
func wantKeys(t *testing.T, where string, of reflect.Type, tree map[string]any) {
	t.Helper()
	for i := range of.NumField() {
		field := of.Field(i)
		key := field.Tag.Get("toml")
		if where == "" && key == "services" {
			continue // a remark: see TestExampleServiceIsOne
		}
		value, ok := tree[key]
		if !ok {
			t.Errorf("%s%s is not in the example", where, key)
			continue
		}
		typ := field.Type
		if list, many := value.([]any); many && len(list) > 0 && typ.Kind() == reflect.Slice {
			value, typ = list[0], typ.Elem()
		}
		if table, ok := value.(map[string]any); ok && typ.Kind() == reflect.Struct {
			wantKeys(t, where+key+".", typ, table)
		}
	}
}

func TestBadConfigurationIsRefusedWithItsLine(t *testing.T) {
	const user = "\n[[users]]\nname = \"ann\"\nservices = [\"site\"]\nmax_instances = 1\n"
	tests := map[string]struct{ text, want string }{
		"unknown setting":       {"speed = 9" + user, "line 1"},
		"unknown in a table":    {"\n[tor]\nspeed = 9" + user, "line 3"},
		"not a time":            {"command_age = \"soon\"" + user, `"command_age" must be a time like "30s"`},
		"negative time":         {"command_age = \"-5m\"" + user, `"command_age" must be a time like "30s"`},
		"wrong type":            {strings.Replace(user, "= 1", "= \"many\"", 1), `"users.max_instances" must be a number`},
		"no list":               {user + "telegram = 7", `"users.telegram" must be a list of numbers`},
		"text for a list":       {user + "ssh_keys = \"x\"", `"users.ssh_keys" must be a list of texts`},
		"text for a truth":      {"[tor]\nwarm = \"yes\"" + user, `"tor.warm" must be true or false`},
		"broken":                {"state_dir = " + user, "line 1"},
		"no services":           {"[[users]]\nname = \"ann\"\nmax_instances = 1", "services"},
		"no instances":          {"[[users]]\nname = \"ann\"\nservices = [\"site\"]", "max_instances"},
		"no name":               {"[[users]]\nservices = [\"site\"]\nmax_instances = 1", "name"},
		"two of one name":       {user + user, "name of its own"},
		"operator's name":       {"[[users]]\nname = \"operator\"\nservices = [\"site\"]\nmax_instances = 1", "choose another"},
		"not a key":             {user + "ssh_keys = [\"my key\"]", "ssh_keys number 1"},
		"shared identity":       {user + "telegram = [7]\n" + strings.Replace(user, "ann", "bob", 1) + "telegram = [7]", "same telegram identity"},
		"a group's id":          {user + "telegram = [-100]", "-100"},
		"unknown zone":          {"timezone = \"Mars/Base\"" + user, "Mars/Base"},
		"unknown level":         {"log_level = \"loud\"" + user, "loud"},
		"metrics for everybody": {"[metrics]\nlisten = \"0.0.0.0:9464\"" + user, "127.0.0.1:9464"},
		"metrics nowhere":       {"[metrics]\nlisten = \"9464\"" + user, "no address"},
		"address as identity":   {strings.Replace(user, "[[users]]", "[[users]]\nmastodon = [\"ann@elsewhere.example\"]", 1), "mastodon check"},
		"actor without scheme":  {strings.Replace(user, "[[users]]", "[[users]]\nmastodon = [\"1 elsewhere.example/ann\"]", 1), "not a web address"},
		"images at once":        {"[docker]\nimage_age = \"1m\"" + user, "image_age must be 1h or more"},
		"proxy that looks up":   {"[docker]\nbuild_proxy = \"socks5://127.0.0.1:9050\"" + user, "socks5h://127.0.0.1:9050"},
		"time without a unit":   {"[mastodon]\npoll = 5" + user, `line 2: "mastodon.poll" must be a time with its unit: write "5s"`},
		"life without a unit":   {user + "max_life = 24", `"users.max_life" must be a time with its unit: write "24s", "24m" or "24h"`},
		"quote missing":         {"log_level = \"info\nstate_dir = \"/x\"" + user, "line 1, column 18: a quote is missing"},
		"curly quotes":          {"log_level = “info”" + user, "line 1, column 13: the quotes are curly"},
		"bare word":             {"log_level = info" + user, `column 16: texts and times stand in quotes: write "info"`},
		"slip of the finger":    {"[telegram]\ntoken_fil = \"x\"" + user, `did you mean "token_file"?`},
		"below the wrong line":  {user + "log_level = \"info\"", `"log_level" belongs at the top of the file`},
		"too often":             {"[mastodon]\npoll = \"10ms\"" + user, "mastodon.poll must be 1s or more"},
		"token in the clear":    {"[mastodon]\nserver = \"http://mastodon.example\"" + user, "unencrypted"},
		"readable api":          {"[telegram]\napi_url = \"http://bot.example.org\"" + user, "plain http"},
		"token without server":  {"[mastodon]\ntoken_file = \"t\"" + user, "mastodon.server"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "config.toml")
			if err := os.WriteFile(path, []byte(tt.text), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := loadConfig(path)
			if !services.IsCode(err, services.CodeBadConfig) {
				t.Fatalf("error %v", err)
			}
			if got := sentence(err); !strings.Contains(got, tt.want) || strings.Contains(got, "\n") {
				t.Errorf("it says %q; %q is not in it", got, tt.want)
			}
		})
	}
}

func TestEverythingWrongWithAConfigurationIsSaidAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.toml")
	text := "\uFEFFtimezone = \"Mars/Base\"\r\nlog_levle = \"info\"\r\n[tor]\r\nsize = 99\r\n[[users]]\r\nname = ann\r\nservices = [\"site\"]\r\nmax_instances = 0\r\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, err := loadConfig(path)
	lines := strings.Split(sentence(err), "\n")
	for _, want := range []string{"log_level", `write "ann"`, "Mars/Base", "tor.size", "max_instances"} {
		if !slices.ContainsFunc(lines, func(l string) bool { return strings.HasPrefix(l, path) && strings.Contains(l, want) }) {
			t.Errorf("%q is not in %q", want, lines)
		}
	}
	if len(lines) != 5 { // that the user has no name is said already
		t.Errorf("it says %q", lines)
	}
	if cfg.Users[0].Services[0] != "site" {
		t.Errorf("what is well was not read: %+v", cfg)
	}
}

func TestPathsAreRelativeToTheFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "config.toml")
	text := "state_dir = \"state\"\n[[users]]\nname = \"ann\"\nservices = [\"*\"]\nmax_instances = 2\nmax_life = \"7d\"\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, err := loadConfig(path)
	if err != nil {
		t.Fatal(err)
	}
	if cfg.StateDir != filepath.Join(dir, "state") || cfg.Users[0].user().MaxLife != 7*24*time.Hour {
		t.Errorf("%+v", cfg)
	}
}

func TestTokensThatOthersMayReadAreRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(path, []byte("12:secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	token, err := readToken(path)
	if err != nil || token.Reveal() != "12:secret" {
		t.Fatalf("%q, %v", token.Reveal(), err)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err = readToken(path); err == nil || !strings.Contains(sentence(err), "chmod 600") {
		t.Errorf("a token for everybody: %v", err)
	}
	if err := errors.Join(os.Chmod(path, 0o600), os.WriteFile(path, []byte("two words"), 0o600)); err != nil {
		t.Fatal(err)
	}
	if _, err = readToken(path); err == nil || strings.Contains(sentence(err), "two words") {
		t.Errorf("a token of two words: %v", err)
	}
}

func TestATorrcLineThatCannotBeIsRefusedWithItsPlace(t *testing.T) {
	path := filepath.Join(t.TempDir(), "torrc")
	for text, want := range map[string]string{
		"# ours\nUseBridges 1\n\nSafeLogging 0\n": "line 4: onionbot sets SafeLogging itself; remove this line.",
		"UseBridges 1\n.Bridge x\n":               "line 2: a torrc line begins with a dot.",
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		lines, err := includeLines(path)
		if got := sentence(err); lines != nil || got != "tor.torrc_include "+path+", "+want {
			t.Errorf("it says %q, lines %q", got, lines)
		}
	}
	_, err := includeLines(path + "-missing")
	if got := sentence(err); got != "tor.torrc_include "+path+"-missing: it cannot be read." {
		t.Errorf("it says %q", got)
	}
	if got := sentence(services.E(services.CodeBadConfig, "problem", "the size is odd")); got != "the size is odd." {
		t.Errorf("without a place it says %q", got)
	}
}

func TestABrokenServiceIsRefusedWithItsPlace(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "wiki")
	if err := errors.Join(os.Mkdir(dir, 0o700), os.WriteFile(filepath.Join(dir, "service.toml"), []byte("\nspeed = 9\n"), 0o600)); err != nil {
		t.Fatal(err)
	}
	_, err := catalog.Load(filepath.Dir(dir))
	if got := sentence(err); !strings.HasPrefix(got, filepath.Join(dir, "service.toml")+", line 2: ") {
		t.Errorf("it says %q", got)
	}
}

func TestEveryRefusalAtStartIsASentence(t *testing.T) {
	for _, code := range []services.Code{
		services.CodeLocked, services.CodeNewerSchema, services.CodeCorruptDatabase, services.CodeReadOnlyState,
		services.CodePathTooLong,
	} {
		got := sentence(services.Wrap(code, errors.New("cause")))
		if len(got) < 40 || !strings.HasSuffix(got, ".") || strings.Contains(got, string(code)+":") {
			t.Errorf("%s: %q", code, got)
		}
	}
}

func TestWhatTorLacksDecidesWhatIsAdvised(t *testing.T) {
	for advice, cause := range map[string]error{
		"apt-get install tor": fmt.Errorf("look: %w", exec.ErrNotFound),
		"onionbot doctor":     fmt.Errorf("start: %w", tor.ErrEnded),
		"tor/t1/log":          errors.New("silence"),
	} {
		got := sentence(services.Wrap(services.CodeUnavailable, cause, "what", "tor"))
		if !strings.Contains(got, advice) {
			t.Errorf("%v: %q", cause, got)
		}
	}
}
