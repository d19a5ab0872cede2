package reconcile

import "onionbot/services"

// StepKind is one thing the reconciler can do.
type StepKind string

// The steps. Each is repeatable, and each may be cut off at any instruction.
const (
	StepRun             StepKind = "run"              // make the container run
	StepReplace         StepKind = "replace"          // remove a container that is of no use, so that another can run
	StepDeadline        StepKind = "deadline"         // tell the shim the deadline of the row
	StepKeys            StepKind = "keys"             // replace the public keys that may log in
	StepArm             StepKind = "arm"              // let the shim count visitors
	StepPublish         StepKind = "publish"          // make a tor publish the onion
	StepProbe           StepKind = "probe"            // open the address through another tor
	StepCount           StepKind = "count"            // save the visits counted so far
	StepNews            StepKind = "news"             // ask the app what is new, tell the owner
	StepShow            StepKind = "show"             // make the newest content the current one
	StepSettle          StepKind = "settle"           // forget the repairs, since the last one has held
	StepEnd             StepKind = "end"              // decide that it ends, for Reason
	StepRemoveContainer StepKind = "remove-container" // end the container, remove its directory
	StepRemoveOnion     StepKind = "remove-onion"     // delete the onion, close its circuits
	StepVerifyGone      StepKind = "verify-gone"      // see that the address no longer opens
	StepFinish          StepKind = "finish"           // erase the row, tell the owner
)

// Step is one planned action. Steps of one plan do not depend on each other
// and may run at the same time; what depends on a step is planned when its
// effect has been observed.
type Step struct {
	Kind     StepKind
	Reason   services.Reason // of StepEnd
	Fault    services.Fault  // of StepEnd
	Reported bool            // of StepEnd: it has ended already, says its shim
	News     int             // of StepNews: what the app's count was when it was seen
}

// lane names steps that must not run at the same time.
type lane string

var lanes = map[StepKind]lane{ //nolint:gochecknoglobals // a constant table
	StepRun: "container", StepReplace: "container", StepRemoveContainer: "container",
	StepDeadline: "shim", StepKeys: "keys", StepArm: "arm", StepCount: "count", StepNews: "news", StepShow: "show",
	StepPublish: "onion", StepRemoveOnion: "onion",
	StepProbe: "probe", StepVerifyGone: "probe",
	StepEnd: "row", StepFinish: "row", StepSettle: "row",
}

// bringsUp reports whether a step brings something up, so that it is cut off
// when the instance should be gone.
func (k StepKind) bringsUp() bool {
	switch k {
	case StepEnd, StepRemoveContainer, StepRemoveOnion, StepVerifyGone, StepFinish:
		return false
	}
	return true
}
