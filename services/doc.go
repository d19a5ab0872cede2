// Package services is the domain of onionbot: what can be started
// ([Definition]), what has been asked for ([Instance]), what the user is told
// ([Notice]), and the engine that makes the first come true ([Manager],
// [Plan], [Reconciler]).
//
// A command becomes rows in one transaction: the desired state, an audit
// entry and the reply. The [Reconciler] then observes Docker and tor through
// the ports [Runtime] and [Onions], compares them with the rows and applies
// the difference. Nothing else starts or stops anything, so a crash at any
// instruction is mended by looking at the rows again.
//
// The package imports the standard library only. Adapters depend on it, never
// the other way round.
package services
