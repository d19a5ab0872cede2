package docker

import (
	"io/fs"
	"os"
	"path/filepath"

	"onionbot/services"
	"onionbot/services/shim"
)

// recall is what the instance's last shim has written down, in a container
// that is sealed or one that is not yet. Without any it is empty.
func (l layout) recall() shim.Report {
	last, err := shim.ReadReport(l.report())
	if err == nil {
		return last
	}
	if first, err := shim.ReadReport(filepath.Join(l.open(), shim.ReportFile)); err == nil {
		return first
	}
	return shim.Report{}
}

// placeReport makes the file that the next shim writes its reports into. It
// begins with what must not be forgotten, and replaces the last one when the
// container is sealed. The shim has uid 0 and no rights over others' files.
func (l layout) placeReport(r shim.Report) error {
	path := filepath.Join(l.open(), shim.ReportFile)
	if err := os.WriteFile(path, shim.FormatReport(r), 0o600); err != nil {
		return err
	}
	return os.Chmod(path, fs.FileMode(0o666))
}

// tell fills in what a shim has written down, which holds as long as none says
// otherwise.
func (l layout) tell(out *services.Container) {
	last := l.recall()
	out.Visits, out.Armed, out.LastVisit = last.Visits, last.Armed, moment(last.LastVisit)
	out.ByEvents, out.News = last.ByEvents, last.News
}

// tellEnd fills in how the app of a container that has ended did.
func (l layout) tellEnd(out *services.Container) {
	if last := l.recall(); last.Ended && out.Exit == services.ExitApp {
		out.ExitCode, out.Said = last.Code, last.Said
	}
}
