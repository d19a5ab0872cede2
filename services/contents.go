package services

// Contents keeps the files that users sent, one directory per instance.
type Contents interface {
	// Adopt moves a staged directory to the instance as revision rev. It does
	// not show it yet.
	Adopt(id string, rev int, staged string) error
	// Show makes revision rev the current one, atomically, and erases the others.
	Show(id string, rev int) error
	// Dir is the host directory to be mounted; its entry "current" is what is shown.
	Dir(id string) string
	// Discard erases a staged directory that is not wanted.
	Discard(staged string)
	// Erase removes everything of an instance. Nothing there is success.
	Erase(id string) error
	// List returns the IDs that have a directory.
	List() ([]string, error)
}
