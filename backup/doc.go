// Package backup writes and reads backups: a tar archive in an age file, for
// an age key or for a passphrase. What is in them is the caller's business.
package backup
