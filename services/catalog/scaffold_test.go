package catalog

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"onionbot/services"
)

func TestScaffoldIsAServiceAndNamesEverySetting(t *testing.T) {
	parent := t.TempDir()
	dir, err := Scaffold(parent, "wiki")
	if err != nil {
		t.Fatal(err)
	}
	d, err := Folder(dir)
	if err != nil || d.Name != "wiki" || d.Source.Files["index.html"] == nil {
		t.Fatalf("%+v, %v", d, err)
	}
	if _, err := Load(parent); err != nil {
		t.Error(err)
	}
	// The remarks are true: without their marks they are a manifest, too.
	text, err := os.ReadFile(filepath.Join(dir, "service.toml"))
	if err != nil {
		t.Fatal(err)
	}
	setting := regexp.MustCompile(`(?m)^# (\[|"|[a-z_]+ +=)`)
	whole := setting.ReplaceAllString(string(text), "$1")
	for _, other := range []string{"image = ", "args    = "} { // these exclude what is beside them
		whole = strings.Replace(whole, "\n"+other, "\n# "+other, 1)
	}
	whole = strings.Replace(whole, "[volumes]\n\"/var/lib/wiki\"", "[volumes]\n\"/var/lib/more\"", 1)
	if d, err = parseManifest("wiki", "service.toml", []byte(whole)); err != nil {
		t.Fatalf("%v in\n%s", err, whole)
	}
	if len(d.Command) != 3 || len(d.Secrets) != 1 || len(d.Ports) != 1 || len(d.Volumes) != 1 || len(d.Tmpfs) != 2 || d.User != services.OwnUser {
		t.Errorf("%+v", d)
	}
	if _, err := Scaffold(parent, "wiki"); !services.IsCode(err, services.CodeBadConfig) {
		t.Errorf("over another one: %v", err)
	}
	if _, err := Scaffold(parent, "../x"); !services.IsCode(err, services.CodeBadConfig) {
		t.Errorf("elsewhere: %v", err)
	}
}
