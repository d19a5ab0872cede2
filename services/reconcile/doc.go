// Package reconcile makes the rows come true. For each instance an actor
// observes its container and its onion through the ports, asks [Plan] what is
// missing, and carries the steps out; see [Reconciler]. [Plan] is pure, so that
// tables and fuzzing can show where it leads.
//
//	reconciler   who is woken, by what
//	actor        one instance: observe, plan, start the steps
//	plan, memo   what is to be done, and what a failed step waits
//	apply        what a step does to bring something up
//	teardown     what a step does to take something down
//	transitions  what is written down of it, and what the owner is told
//	resync       everything at once: orphans, warm addresses, old rows
//
// Nothing else starts or stops anything. Commands (package services) only
// write rows and notify.
package reconcile
