// Package e2e holds stories of the whole program: the real binary, a real
// Docker engine, real tor on a private network, a real database. What a user
// types goes in; what a user sees comes out.
package e2e
