package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestShimIsInstalledOnceAndOldOnesGo(t *testing.T) {
	dir := t.TempDir()
	first, err := containerProgram(dir, shimPrefix, []byte("one"))
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(first)
	if err != nil || info.Mode().Perm() != 0o755 {
		t.Fatalf("%v, %v: containers could not run it", info.Mode(), err)
	}
	if err := os.WriteFile(first, []byte("o"), 0o600); err != nil { // as a crash in the middle would leave it
		t.Fatal(err)
	}
	if again, err := containerProgram(dir, shimPrefix, []byte("one")); err != nil || again != first {
		t.Fatal(again, err)
	}
	if text, err := os.ReadFile(first); err != nil || string(text) != "one" {
		t.Errorf("not repaired: %q, %v", text, err)
	}
	second, err := containerProgram(dir, shimPrefix, []byte("two"))
	if err != nil || second == first {
		t.Fatal(second, err)
	}
	if all, _ := filepath.Glob(filepath.Join(dir, "*")); len(all) != 1 || all[0] != second {
		t.Errorf("left: %v", all)
	}
}

func TestBinaryWithoutShimIsItsOwn(t *testing.T) {
	if path, err := containerProgram(t.TempDir(), shimPrefix, nil); path != "" || err != nil {
		t.Errorf("%q, %v", path, err)
	}
}

func TestMountsThatRunNothingAreKnown(t *testing.T) {
	mounts, err := os.ReadFile("/proc/self/mounts")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(mounts)) {
		f := strings.Fields(line)
		options := strings.Split(f[3], ",")
		want := slices.Contains(options, "noexec")
		if got := runsNothing(f[1]); got != want && mountedOnce(string(mounts), f[1]) {
			t.Errorf("%s (%s): %t", f[1], f[3], got)
		}
	}
}

// mountedOnce: what is mounted over something else hides its options.
func mountedOnce(mounts, dir string) bool {
	return strings.Count(mounts, " "+dir+" ") == 1
}
