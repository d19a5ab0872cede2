// Package bench measures onionbot as a user meets it: the real binary, a real
// Docker engine, real tor on a private network, a real database. Each figure
// stands beside a floor (the same work done the shortest way, see floor_test.go)
// or a rival, measured in the same run on the same network, with the ratio as a
// metric of its own.
//
// What is measured takes seconds, so one iteration of a benchmark is a round of
// as many samples as give a median; that is reported as ns/op. -benchtime 3x
// makes three rounds. No time decides whether a benchmark passes.
package bench
