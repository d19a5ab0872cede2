package content

import (
	"slices"

	"onionbot/services"
)

// finding is files and the metadata fields that were found in them.
type finding struct{ names, fields []string }

// leaveOut takes a refusal of one file: it is noted if the rest can do without
// the file, and returned with the file's name if not.
func (w *writer) leaveOut(err error, name string) error {
	reason := reasonOf(err)
	if !omittable(reason) {
		return named(err, name)
	}
	if w.refused == nil {
		w.refused = named(err, name)
	}
	w.leftOut[reason] = append(w.leftOut[reason], name)
	return nil
}

// most is how many names a remark tells.
const most = 100

// remark writes down what the sender should know.
func (w *writer) remark() {
	add := func(r services.Remark) {
		if len(r.Names) > 0 {
			r.Names = r.Names[:min(len(r.Names), most)]
			w.manifest.Remarks = append(w.manifest.Remarks, r)
		}
	}
	reasons := make([]string, 0, len(w.leftOut))
	for reason := range w.leftOut {
		reasons = append(reasons, reason)
	}
	slices.Sort(reasons)
	for _, reason := range reasons {
		add(services.Remark{Code: services.RemarkLeftOut, Reason: reason, Names: w.leftOut[reason]})
	}
	add(services.Remark{Code: services.RemarkLeftovers, Names: w.leftovers})
	add(services.Remark{Code: services.RemarkCleaned, Names: w.cleaned.names, Fields: w.cleaned.fields})
	add(services.Remark{Code: services.RemarkTold, Names: w.told.names, Fields: w.told.fields})
}

func (f *finding) add(name string, fields []string) {
	if len(fields) == 0 {
		return
	}
	f.names = append(f.names, name)
	for _, field := range fields {
		if !slices.Contains(f.fields, field) {
			f.fields = append(f.fields, field)
		}
	}
}
