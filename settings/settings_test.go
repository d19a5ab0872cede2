package settings

import (
	"strings"
	"testing"
	"time"
)

type sample struct {
	Dir   string   `toml:"state_dir"`
	Level string   `toml:"log_level"`
	Age   Duration `toml:"command_age"`
	Tor   struct {
		Size    int      `toml:"size"`
		Sockets []string `toml:"control_sockets"`
		Warm    bool     `toml:"warm"`
	} `toml:"tor"`
	Times struct {
		Poll      Duration   `toml:"poll"`
		Reminders []Duration `toml:"reminders"`
	} `toml:"times"`
	Users []struct {
		Name string `toml:"name"`
		Most int    `toml:"max_instances"`
	} `toml:"users"`
}

// faults are files with one fault each, and what is said of it.
func faults() map[string]Problem {
	return map[string]Problem{
		"# one\nstate_dir = \"/var\nlog_level = \"info\"": {2, 18, "state_dir", "a quote is missing: the text does not end on its line"},
		"state_dir = '/var":                          {1, 17, "state_dir", "a quote is missing: the text does not end on its line"},
		"state_dir = “/var”":                         {1, 13, "state_dir", "the quotes are curly (“); write straight ones: \""},
		"state_dir = „/var“":                         {1, 13, "state_dir", "the quotes are curly („); write straight ones: \""},
		"“state_dir” = 1":                            {1, 1, "“state_dir”", "the quotes are curly (“); write straight ones: \""},
		"\"é\" = '1' 2":                              {1, 11, "", "there is something behind the value (2)"},
		"state_dir = /var/lib":                       {1, 13, "state_dir", `texts and times stand in quotes: write "/var/lib"`},
		"log_level = info # quiet":                   {1, 16, "log_level", `texts and times stand in quotes: write "info"`},
		"log_level = “info” # x":                     {1, 13, "log_level", "the quotes are curly (“); write straight ones: \""},
		"command_age = 10m":                          {1, 17, "command_age", `texts and times stand in quotes: write "10m"`},
		"command_age = 10 m":                         {1, 18, "command_age", `texts and times stand in quotes: write "10 m"`},
		"[tor]\nwarm = True":                         {2, 8, "warm", "True is written in small letters: true"},
		"[tor]\nwarm = yes":                          {2, 8, "warm", "write true instead of yes"},
		"[tor]\nwarm = off":                          {2, 8, "warm", "write false instead of off"},
		"[tor\nsize = 2":                             {1, 5, "", "a bracket is missing"},
		"[[users]\nname = \"a\"":                     {1, 8, "", "a bracket is missing"},
		"state_dir: \"/var\"":                        {1, 10, "", `a setting is written with "="`},
		"state_dir":                                  {1, 9, "", "a setting is written as name = value"},
		"state_dir\u00a0= \"x\"":                     {1, 10, "state_dir", "a space that is not an ordinary one"},
		"state_dir = ":                               {1, 12, "state_dir", "the value is missing"},
		"state_dir = \"C:\\Users\"":                  {1, 16, "state_dir", `write \\`},
		"state_dir = \"a\", log_level = \"b\"":       {1, 16, "state_dir", "each setting has a line of its own"},
		"state_dir = 'it's'":                         {1, 17, "state_dir", "a quote may be missing"},
		"[tor]\ncontrol_sockets = [\"a, \"b\"]":      {2, 25, "control_sockets", "a comma or a quote between two entries"},
		"[tor]\ncontrol_sockets = [ann]":             {2, 20, "control_sockets", `texts and times stand in quotes: write "ann"`},
		"log_level = \"a\"\nlog_level = \"b\"":       {2, 1, "log_level", "it stands twice in the file"},
		"command_age = 10":                           {1, 0, "command_age", `"command_age" must be a time with its unit: write "10s", "10m" or "10h"`},
		"command_age = 1.5":                          {1, 0, "command_age", `must be a time with its unit: write "1.5s"`},
		"command_age = \"10\"":                       {1, 0, "command_age", `must be a time with its unit: write "10s"`},
		"command_age = 0":                            {1, 0, "command_age", `must be a time with its unit: write "0s"`},
		"command_age = true":                         {1, 0, "command_age", `"command_age" must be a time like "30s"`},
		"command_age = 1979-05-27":                   {1, 0, "command_age", `"command_age" must be a time like "30s"`},
		"[times]\nreminders = [15]":                  {2, 0, "times.reminders", `must be a time with its unit: write "15s"`},
		"[times]\npoll = [5]":                        {2, 0, "times.poll", `"times.poll" must be a time like "30s"`},
		"[tor]\nsize = \"2\"":                        {2, 0, "tor.size", `"tor.size" must be a number`},
		"state_dri = \"x\"":                          {1, 0, "state_dir", `"state_dri" is not known here; did you mean "state_dir"?`},
		"[tor]\nSize = 2":                            {},
		"[torr]\nsize = 2":                           {1, 0, "tor", `did you mean "tor"?`},
		"[[users]]\nname = \"a\"\nlog_level = \"b\"": {3, 0, "log_level", `"log_level" belongs at the top of the file, before the first line in [brackets]`},
		"poll = \"5s\"":                              {1, 0, "poll", `"poll" belongs below the line [times]`},
		"\xff\xfes\x00":                              {0, 0, "", "save it as UTF-8"},
		"log_level = \"a\"\nstate_dir = \"\xe9\"":    {2, 0, "", "not UTF-8"},
	}
}

func TestAProblemIsSaidWithItsPlaceAndItsCure(t *testing.T) {
	for text, want := range faults() {
		var s sample
		got := Decode([]byte(text), &s)
		if want == (Problem{}) {
			if len(got) > 0 {
				t.Errorf("%q: %+v", text, got)
			}
			continue
		}
		if len(got) != 1 {
			t.Errorf("%q: %+v", text, got)
			continue
		}
		p := got[0]
		if p.Line != want.Line || p.Column != want.Column || p.Key != want.Key || !strings.Contains(p.Say, want.Say) || strings.Contains(p.Say, "\n") {
			t.Errorf("%q:\n got %+v\nwant %+v", text, p, want)
		}
	}
}

func TestEveryProblemIsSaidAtOnceAndTheRestIsRead(t *testing.T) {
	const text = "\uFEFFstate_dir = /var\r\nlog_level = \"info\r\ncommand_age = 5\r\nspeed = 9\r\n[tor]\r\nsize = \"x\"\r\nwarm = true\r\n[[users]]\r\nname = \"ann\"\r\nmax_instance = 3\r\n"
	var s sample
	found := Decode([]byte(text), &s)
	var lines []int
	for _, p := range found {
		lines = append(lines, p.Line)
	}
	if len(found) != 6 || lines[0] != 1 || lines[1] != 2 || lines[2] != 3 || lines[3] != 4 || lines[4] != 6 || lines[5] != 10 {
		t.Errorf("%+v", found)
	}
	if !s.Tor.Warm || len(s.Users) != 1 || s.Users[0].Name != "ann" {
		t.Errorf("read %+v", s)
	}
	if last := found[len(found)-1]; !last.Concerns("max_instances") || last.Concerns("name") {
		t.Errorf("it concerns %q", last.Key)
	}
}

func TestAListThatDoesNotEndIsSaidOnce(t *testing.T) {
	var s sample
	if found := Decode([]byte("[tor]\ncontrol_sockets = [\n\"a\"\n\nsize = 2\n"), &s); len(found) != 1 || found[0].Key != "" || !strings.Contains(found[0].Say, `"]"`) {
		t.Errorf("%+v", found)
	}
}

func TestTimesAreRead(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"90s": 90 * time.Second, "2h30m": 150 * time.Minute, "7d": 7 * 24 * time.Hour, "0s": 0, "1.5h": 90 * time.Minute,
		"-5m": -1, "soon": -1, "3651d": -1, "+1d": -1, "": -1, "1e3": -1, "99999d": -1, "5 m": -1,
	} {
		var d Duration
		err := d.UnmarshalText([]byte(text))
		if (want < 0) != (err != nil) || err == nil && d.Duration != want {
			t.Errorf("%q: %v, %v", text, d.Duration, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte("state_dir = \"x\"\n[tor]\nsize = 2\n[[users]]\nname = 'a'\n"))
	f.Add([]byte("a = “x”\nb: 5\n[[x]\nc = [\"x \"y\"]\n\xef\xbb\xbf"))
	f.Fuzz(func(t *testing.T, data []byte) {
		var s sample
		for _, p := range Decode(data, &s) {
			if p.Say == "" || p.Line < 0 || p.Column < 0 {
				t.Errorf("%+v", p)
			}
		}
	})
}
