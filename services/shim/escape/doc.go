// Package escape tries the ways out of a container that its flags should stop:
// mounts, tracing, devices, namespaces, other users, files of the kernel.
//
// It is run inside a container that runs already, as the app's user. The
// self-test, which each start has to pass, asks what can be reached; this asks
// what can be done, takes longer, and is for those who change a service or an
// engine. Every attempt is harmless where it succeeds: its arguments are such
// that the kernel, if it lets the call through, has nothing to do.
package escape
