package db

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"strings"

	_ "modernc.org/sqlite" // the driver
)

// A pragma and the value it must have when it is read back: a misspelt one
// would be ignored silently.
type pragma struct{ name, set, want string }

// All connections wait this long, in milliseconds, for a lock that somebody
// else holds, such as an operator with the sqlite3 command.
const busyTimeout = "5000"

var commonPragmas = []pragma{
	{"busy_timeout", busyTimeout, busyTimeout},
	{"foreign_keys", "1", "1"},
	{"secure_delete", "1", "1"},
	{"temp_store", "MEMORY", "2"}, // nothing of ours in files elsewhere
	{"trusted_schema", "0", "0"},
}

var writerPragmas = append([]pragma{
	{"journal_mode", "WAL", "wal"},
	{"synchronous", "FULL", "2"},
}, commonPragmas...)

var readerPragmas = append([]pragma{{"query_only", "1", "1"}}, commonPragmas...)

func writerDSN(path string) string {
	return dsn(path, writerPragmas, url.Values{"mode": {"rw"}, "_txlock": {"immediate"}})
}

func readerDSN(path string) string { return dsn(path, readerPragmas, url.Values{"mode": {"ro"}}) }

func dsn(path string, pragmas []pragma, q url.Values) string {
	for _, p := range pragmas {
		q.Add("_pragma", p.name+"("+p.set+")")
	}
	u := url.URL{Scheme: "file", Path: path, RawQuery: q.Encode()}
	return u.String()
}

// conn is one connection with its prepared statements.
type conn struct {
	c     *sql.Conn
	stmts map[string]*sql.Stmt
}

func newConn(ctx context.Context, d *sql.DB, pragmas []pragma) (*conn, error) {
	c, err := d.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	for _, p := range pragmas {
		var got string
		if err := c.QueryRowContext(ctx, "PRAGMA "+p.name).Scan(&got); err != nil {
			return nil, fmt.Errorf("read pragma %s: %w", p.name, err)
		}
		if !strings.EqualFold(got, p.want) {
			return nil, fmt.Errorf("pragma %s is %q, not %q", p.name, got, p.want)
		}
	}
	return &conn{c: c, stmts: make(map[string]*sql.Stmt)}, nil
}

// stmt prepares a statement once. Statements run without the caller's context:
// each takes milliseconds at most, and watching a context costs a goroutine.
func (c *conn) stmt(query string) (*sql.Stmt, error) {
	if s, ok := c.stmts[query]; ok {
		return s, nil
	}
	s, err := c.c.PrepareContext(context.Background(), query)
	if err != nil {
		return nil, err
	}
	c.stmts[query] = s
	return s, nil
}

func (c *conn) exec(query string, args ...any) error {
	_, err := c.change(query, args...)
	return err
}

// change runs a statement and returns how many rows it changed.
func (c *conn) change(query string, args ...any) (int64, error) {
	res, err := c.run(query, args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

func (c *conn) run(query string, args ...any) (sql.Result, error) {
	s, err := c.stmt(query) //nolint:sqlclosecheck // the connection keeps its statements until it is closed
	if err != nil {
		return nil, err
	}
	return s.ExecContext(context.Background(), args...)
}

func (c *conn) query(query string, args ...any) (*sql.Rows, error) {
	s, err := c.stmt(query) //nolint:sqlclosecheck // the connection keeps its statements until it is closed
	if err != nil {
		return nil, err
	}
	return s.QueryContext(context.Background(), args...)
}

func (c *conn) queryRow(query string, args ...any) (*sql.Row, error) {
	s, err := c.stmt(query) //nolint:sqlclosecheck // the connection keeps its statements until it is closed
	if err != nil {
		return nil, err
	}
	return s.QueryRowContext(context.Background(), args...), nil
}

func (c *conn) close() {
	for _, s := range c.stmts {
		_ = s.Close()
	}
	_ = c.c.Close()
}
