// Package catalog is what can be started: one folder per service, embedded in
// the binary, and the operator's own folder beside it.
//
// A service is a folder named after it with a service.toml (what it is, its
// ports, user, limits and lifetimes), a Dockerfile, and the files that the
// Dockerfile copies. [Load] reads them into definitions; the runtime builds
// the images.
package catalog
