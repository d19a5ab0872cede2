package db

import (
	"errors"

	"modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"

	"onionbot/services"
)

// coded gives an error of SQLite the code that callers decide by. Other
// errors pass as they are.
func coded(err error) error {
	var e *sqlite.Error
	var known *services.Error
	if err == nil || errors.As(err, &known) || !errors.As(err, &e) {
		return err
	}
	switch e.Code() {
	case lib.SQLITE_CONSTRAINT_UNIQUE, lib.SQLITE_CONSTRAINT_PRIMARYKEY:
		return services.Wrap(services.CodeConflict, err)
	}
	switch e.Code() & 0xff {
	case lib.SQLITE_FULL, lib.SQLITE_IOERR, lib.SQLITE_READONLY, lib.SQLITE_CANTOPEN, lib.SQLITE_PERM:
		return services.Wrap(services.CodeReadOnlyState, err)
	case lib.SQLITE_CORRUPT, lib.SQLITE_NOTADB:
		return services.Wrap(services.CodeCorruptDatabase, err)
	}
	return err
}

// breaks reports whether SQLite may have ended the transaction by itself, so
// that a later statement would be a transaction of its own.
func breaks(err error) bool {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return false
	}
	return e.Code()&0xff != lib.SQLITE_CONSTRAINT
}
