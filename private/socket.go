package private

import (
	"io/fs"
	"os"
)

// Socket sees that a socket is the bot's before a person's words go into it:
// it belongs to this process's user or to root, and nobody else could have put
// it there. Root may speak to a bot that runs as another user, whose
// directories that user may own, but not where anybody can make some.
// A socket that is not there is no trouble here.
func Socket(path string) error { return socketFor(os.Geteuid(), path) }

func socketFor(me int, path string) error {
	info, err := os.Lstat(path)
	if err != nil {
		return nil //nolint:nilerr // whoever opens it hears why it cannot be
	}
	if info.Mode()&fs.ModeSocket == 0 {
		return refuse("%s is not a socket; if the bot does not run, remove it", path)
	}
	theirs := owner(info)
	w := &walk{whole: path, owner: me}
	switch {
	case me == 0 && theirs != 0:
		w.owner, w.rootOnly = theirs, true
	case theirs != 0 && theirs != me:
		return refuse(`the socket %s belongs to %s; if that is the bot's user, type "sudo -u %s onionbot ctl …"`, path, name(theirs), name(theirs))
	}
	return w.parents(path)
}
