// Package db keeps what should be in one SQLite file: it implements
// [services.Store], and nothing of SQL leaves it.
//
// One connection writes, a few read. A transaction is durable when Update
// returns (write-ahead log, synchronous FULL). Moments are stored as unix
// milliseconds, 0 for none. The tables are made by the numbered files in
// migrations, which are never edited once released; schema.sql is their sum.
//
// What is erased has to be gone from the files too: secure_delete zeroes
// freed cells and pages, and [Store.Scrub] takes care of the rest. So that this
// stays cheap, what is live and what is history never share a table: an
// instance moves from "instances" to "ended", a notice from "notices" to
// "finished", and only the small ones ever hold a secret. Statistics (ANALYZE)
// are never gathered, because they would keep copies of values.
package db
