package shim

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReportIsReadAsItWasWritten(t *testing.T) {
	file := filepath.Join(t.TempDir(), ReportFile)
	first := Report{Visits: 3, Armed: true, LastVisit: 1_795_000_000_000}
	if err := os.WriteFile(file, FormatReport(first), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := openReport(file)
	if err != nil {
		t.Fatal(err)
	}
	p.save(func(r *Report) { r.Visits++ })
	p.save(func(r *Report) {
		r.Ended, r.Code, r.Said = true, 137, "no \"port\"\n"+strings.Repeat("\x00", ReportSize)
	})
	got, err := ReadReport(file)
	if err != nil {
		t.Fatal(err)
	}
	got.Said = got.Said[:9]
	want := Report{Visits: 4, Armed: true, LastVisit: first.LastVisit, Ended: true, Code: 137, Said: `no "port"`}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if info, err := os.Stat(file); err != nil || info.Size() != ReportSize {
		t.Errorf("%d bytes, %v: a full disk would have no room for it", info.Size(), err)
	}
}

// The file was in reach of a container.
func TestReportThatIsNoneIsNotBelieved(t *testing.T) {
	good := FormatReport(Report{Visits: 5})
	for name, text := range map[string][]byte{
		"empty":     {},
		"cut":       good[:20],
		"changed":   bytes.Replace(good, []byte("5"), []byte("6"), 1),
		"negative":  FormatReport(Report{Visits: -1}),
		"far":       FormatReport(Report{LastVisit: 1 << 60}),
		"half over": append(append([]byte{}, FormatReport(Report{Visits: 77, Armed: true})[:24]...), good[24:]...),
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), ReportFile)
			if err := os.WriteFile(file, text, 0o600); err != nil {
				t.Fatal(err)
			}
			if r, err := ReadReport(file); !errors.Is(err, ErrReport) {
				t.Errorf("believed %+v, %v", r, err)
			}
		})
	}
	dir := t.TempDir()
	link := filepath.Join(dir, "link")
	if err := errors.Join(os.WriteFile(filepath.Join(dir, "x"), good, 0o600), os.Symlink("x", link)); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadReport(link); err == nil {
		t.Error("followed a link")
	}
}
