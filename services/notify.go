package services

// Notifier is told which instance changed, by whoever changed it or saw it
// change. It says no more: whoever is notified looks for itself.
type Notifier interface {
	// Notify asks for one instance to be looked at, soon; "" for all of them.
	Notify(id string)
}

// Outbox is told that notices were added.
type Outbox interface{ Notify() }
