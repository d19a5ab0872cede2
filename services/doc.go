// Package services is the domain of onionbot: what can be started
// ([Definition]), what has been asked for ([Instance]), what its owner is told
// ([Notice]), the commands that change it ([Manager]), and the ports to all
// that is outside ([Store], [Runtime], [Onions], [Clock], [Contents]).
//
// A command becomes rows in one transaction: the desired state, an audit
// entry and the reply. Then the reconciler is notified (package reconcile),
// which observes Docker and tor through the ports, compares them with the rows
// and applies the difference. Nothing else starts or stops anything, so a
// crash at any instruction is mended by looking at the rows again. Commands
// never reach the loop: they know it as a [Notifier].
//
// The package imports the standard library only. Adapters depend on it, never
// the other way round.
package services
