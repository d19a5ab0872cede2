package services

import (
	"errors"
	"fmt"
	"log/slog"
	"sort"
)

// Code names a kind of failure for machines. The conversation maps a code to one
// sentence and what to type next; it never looks at an error's text.
type Code string

// The codes. An error without a code is [CodeInternal].
const (
	CodeInternal        Code = "internal"         // a fault of ours or of the machine; the log has the cause
	CodeEmpty           Code = "empty"            // nothing was typed
	CodeUnknownCommand  Code = "unknown-command"  // args: word, suggestion
	CodeUsage           Code = "usage"            // right command, wrong words; args: command, word
	CodeUnknownService  Code = "unknown-service"  // args: word, suggestion
	CodeNotAllowed      Code = "not-allowed"      // the user may not start this service; reads like unknown-service
	CodeUnknownName     Code = "unknown-name"     // no live instance of this user has the name; args: word, suggestion
	CodeBadName         Code = "bad-name"         // args: word
	CodeNameTaken       Code = "name-taken"       // the name is used by another service; args: name, service
	CodeAmbiguous       Code = "ambiguous"        // several instances fit and none was named; args: names
	CodeBadDuration     Code = "bad-duration"     // args: word
	CodeTooShort        Code = "too-short"        // args: min
	CodeTooLong         Code = "too-long"         // args: max; left, how much more is possible
	CodeTooMany         Code = "too-many"         // the user's quota; args: max; ending, how many of them are still being taken down, if that is why; needs and have, if one more would fit; room, until the first ends
	CodeTooOften        Code = "too-often"        // the user's starts within a day; args: max; room, until there may be another
	CodeFull            Code = "full"             // the host's quota of instances; args: room, until the first ends
	CodeNoSSHKeys       Code = "no-ssh-keys"      // the service wants public keys and the user has none
	CodeNothingRunning  Code = "nothing-running"  // stop, more, status with nothing live
	CodeEnding          Code = "ending"           // the instance is already being taken down; args: name
	CodeBadKey          Code = "bad-key"          // args: reason (private, options, type, weak, unreadable, many, known, number, configured, file)
	CodeNotReloaded     Code = "not-reloaded"     // the configuration was read again and is not taken; args: problem
	CodeNotYours        Code = "not-yours"        // the instance is another's, who did not give that right; args: name
	CodeStranger        Code = "stranger"         // the sender is nobody by now: they are answered with silence
	CodeUnknownPerson   Code = "unknown-person"   // args: name, suggestion
	CodeKnownPerson     Code = "known-person"     // somebody of that name is here already; args: name
	CodeConfigured      Code = "configured"       // the user stands in the configuration, which only its file changes; args: name
	CodeNoInvite        Code = "no-invite"        // nobody of that name is invited; args: name
	CodeTooLate         Code = "too-late"         // the answer to a question came when nobody waited for it any more
	CodeTooOld          Code = "too-old"          // the command waited too long to be acted upon
	CodeTooFast         Code = "too-fast"         // more messages than one sender may send
	CodeNoOnionKey      Code = "no-onion-key"     // a private address is for somebody who has given no key; args: name, "" for whoever asks
	CodeTooManyKeys     Code = "too-many-keys"    // more clients than a private onion may have; args: max
	CodeAdmitsOthers    Code = "admits-others"    // what runs under that name is open to others; args: name; private, if it is
	CodeNotPrivate      Code = "not-private"      // everybody may open it; args: name
	CodeNotAllowedIn    Code = "not-allowed-in"   // that person may not open it anyhow; args: name, person
	CodeLastClient      Code = "last-client"      // nobody could open it any more; args: name, person
	CodeSameService     Code = "same-service"     // the same service twice behind one address; args: service
	CodePortClash       Code = "port-clash"       // two services want one port of an address; args: service, other, port
	CodePortsUnknown    Code = "ports-unknown"    // a service whose ports its image has not said yet cannot be joined; args: service
	CodeContentClash    Code = "content-clash"    // two services of one address both take what users send; args: service, other
	CodeTooManyParts    Code = "too-many-parts"   // more services than fit behind one address; args: max
	CodeJointRules      Code = "joint-rules"      // several services behind one address do not count visitors together
	CodeTextTooLong     Code = "text-too-long"    // args: max
	CodeBadContent      Code = "bad-content"      // an attachment was refused; args: reason (a content reason code)
	CodeNoContent       Code = "no-content"       // the service takes no attachment; args: service
	CodeUnavailable     Code = "unavailable"      // Docker or tor does not answer; args: what
	CodeClosed          Code = "closed"           // a probe: tor looked for the address and says for certain that it does not open
	CodeUnsafe          Code = "unsafe"           // an app that was to be started would have reached what it must not; args: reached
	CodeExposed         Code = "exposed"          // a private onion was opened without a key
	CodeBusy            Code = "busy"             // a probe: the address opens and the service takes no stream now
	CodeNotFound        Code = "not-found"        // a store lookup that found nothing
	CodeConflict        Code = "conflict"         // a store write that lost a race or broke uniqueness
	CodeReadOnlyState   Code = "state-unwritable" // the state directory or disk refuses writes
	CodeNewerSchema     Code = "newer-schema"     // the database was made by a newer onionbot
	CodeCorruptDatabase Code = "corrupt-database" // the database does not pass its integrity check
	CodeLocked          Code = "locked"           // another daemon holds the state or run directory; args: dir, pid
	CodePathTooLong     Code = "path-too-long"    // the run directory does not fit into a unix socket path
	CodeBadConfig       Code = "bad-config"       // args: file, line, problem
)

// Error is the one error type that carries meaning across packages: a code
// for machines, arguments for the sentence a person reads, and the cause for
// the log. The cause never reaches a user.
type Error struct {
	Code  Code
	Args  map[string]string
	Cause error
}

// E makes an [*Error] from a code and key, value pairs of arguments.
func E(code Code, args ...string) *Error {
	e := &Error{Code: code}
	for i := 0; i+1 < len(args); i += 2 {
		if e.Args == nil {
			e.Args = make(map[string]string)
		}
		e.Args[args[i]] = args[i+1]
	}
	return e
}

// Wrap gives a cause a code.
func Wrap(code Code, cause error, args ...string) *Error {
	e := E(code, args...)
	e.Cause = cause
	return e
}

// Error is for the log, not for users.
func (e *Error) Error() string {
	s := string(e.Code)
	keys := make([]string, 0, len(e.Args))
	for k := range e.Args {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	for _, k := range keys {
		s += fmt.Sprintf(" %s=%q", k, e.Args[k])
	}
	if e.Cause != nil {
		s += ": " + e.Cause.Error()
	}
	return s
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// Is makes errors.Is(err, E(code)) compare codes.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code
}

// LogValue gives slog the parts.
func (e *Error) LogValue() slog.Value { return slog.StringValue(e.Error()) }

// CodeOf returns the code of err, [CodeInternal] for an error without one and
// the empty code for nil.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return CodeInternal
}

// IsCode reports whether err carries the code.
func IsCode(err error, code Code) bool { return CodeOf(err) == code }
