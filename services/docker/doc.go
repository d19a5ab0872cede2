// Package docker runs services in containers of a Docker engine. It is the
// only importer of the Docker client and implements [services.Runtime].
//
// A container has no network, a read-only root, and onionbot's own static binary
// as PID 1 (package shim), which is root with the four capabilities that it
// takes to start the app as somebody else and to end it. The app has no
// capability but those its definition names, and a uid that no other instance
// has, so that it can neither stop nor slow down PID 1. Of the kernel it may ask
// what seccomp.go and syscalls.go list; what masked.go lists it reads as empty.
// What joins it to the host is one directory per instance, 0700 for the bot:
//
//	<run>/<id>/            0700
//	<run>/<id>/uid         whom the app runs as
//	<run>/<id>/report      what the shim has counted; no container sees it
//	<run>/<id>/passwd      mounted read-only, if the definition names an account; so is group
//	<run>/<id>/80.sock     what tor connects to, one per onion port
//	<run>/<id>/shim.sock   what the runtime asks and tells the shim
//	<run>/<id>/control/    mounted read-only: deadline, until.txt, authorized_keys
//	<run>/<id>/s/          mounted writable while the shim binds its sockets and opens the report
//
// tor runs on the host and follows symlinks, so a container must never be able
// to put a name where tor looks. The shim binds its sockets in s/ and starts
// nothing; the runtime then renames them into <run>/<id>, which no container
// sees, checks that each is a socket, and removes s/ (in the container the
// mount becomes a dead directory in which nothing can be created, by any uid
// and with any capability). Only then is the shim told to start the app.
package docker
