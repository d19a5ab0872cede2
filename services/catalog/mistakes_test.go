package catalog

import (
	"strings"
	"testing"

	"onionbot/services"
)

func TestEverythingThatIsWrongIsSaidWithItsPlace(t *testing.T) {
	const manifest = `sumary = "x"
user = "no one"
secrets = ["admin"]
env = ["A=1", "P={secret.adnim}"]

[limits]
memory = "lots"
pids = 1
[[ports]]
app = 70000
[tmpfs]
"/data" = "rw"
`
	_, err := Load(folder(t, "wiki", manifest))
	if !services.IsCode(err, services.CodeBadConfig) {
		t.Fatal(err)
	}
	said := strings.Split(err.Error(), "\n")
	for i, want := range []struct{ line, problem string }{
		{"1", `did you mean \"summary\"`},
		{"2", "user must be"},
		{"4", `did you mean \"admin\"`},
		{"7", "must be a size"},
		{"8", "limits.pids must be at least 4"},
		{"10", "between 1 and 65535"},
		{"12", "tmpfs of /data must be a size"},
	} {
		if i >= len(said) || !strings.Contains(said[i], want.problem) || !strings.Contains(said[i], `line="`+want.line+`"`) || !strings.Contains(said[i], "service.toml") {
			t.Errorf("line %s, %q, is not what is said next:\n%v", want.line, want.problem, err)
		}
	}
	if len(said) != 7 {
		t.Errorf("it says more:\n%v", err)
	}
}
