// Package runtimetest has what tests of the engine need in place of Docker: an
// in-memory [services.Runtime] with fault injection, and the conformance test
// that it and the real one both pass.
package runtimetest
