package docker

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/docker/docker/api/types/build"

	"onionbot/services"
)

func TestOnlyADockerfileThatAsksIsToldWhatTheMachineTrusts(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"b.crt": "two\n", "a.crt": "one", "key.pem": "private", "huge.crt": strings.Repeat("x", maxAuthorities+1),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for dockerfile, want := range map[string]string{
		"FROM x AS build\nARG BUILD_CA\nRUN y\n": "one\ntwo\n",
		"FROM x\nRUN y\n":                        "",
	} {
		var o build.ImageBuildOptions
		trustMachine(&o, services.Source{Files: map[string][]byte{"Dockerfile": []byte(dockerfile)}}, dir)
		got := ""
		if pem := o.BuildArgs[authoritiesArg]; pem != nil {
			got = *pem
		}
		if got != want {
			t.Errorf("%q is given %q", dockerfile, got)
		}
	}
	if got := readAuthorities(filepath.Join(dir, "none")); got != "" {
		t.Errorf("a machine without any: %q", got)
	}
}
