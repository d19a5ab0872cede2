package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"path/filepath"
	"sync"
	"time"

	"onionbot/services"
)

// Store is a [services.Store] in one SQLite file.
type Store struct {
	log     *slog.Logger
	now     func() time.Time
	path    string
	writeDB *sql.DB // one connection, the writer's
	readDB  *sql.DB // read-only
	writer  *writer
	readers chan *conn
	closing sync.Once
}

var _ services.Store = (*Store)(nil)

// Options are what [Open] may be given; every field may be left out.
type Options struct {
	Logger *slog.Logger
	Clock  services.Clock // dates handled messages
}

// readConns is how many transactions can read at the same time.
const readConns = 4

var (
	errClosed = errors.New("the store is closed")
	errProbed = errors.New("it can be written to") // rolls the probe back
)

// Open opens the database at path, creates it if there is none, and brings
// its tables up to date. The file is 0600 in a directory that is 0700, whatever
// the umask. Nothing that cannot be understood is ever overwritten: the error
// then has one of [services.CodeNewerSchema], [services.CodeCorruptDatabase]
// and [services.CodeReadOnlyState].
func Open(ctx context.Context, path string, opts Options) (*Store, error) {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	return open(ctx, path, opts, files)
}

func open(ctx context.Context, path string, opts Options, files fs.FS) (*Store, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, services.Wrap(services.CodeReadOnlyState, err)
	}
	s := &Store{
		log: opts.Logger, now: time.Now, path: path, readers: make(chan *conn, readConns),
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if opts.Clock != nil {
		s.now = opts.Clock.Now
	}
	s.writer = newWriter(s.log, s.now)
	if err := secureFiles(path, s.log); err != nil {
		return nil, err
	}
	if err := s.open(ctx, files); err != nil {
		if cerr := s.closeAll(); cerr != nil {
			s.log.Warn("close after a failed start", "error", cerr)
		}
		return nil, coded(err)
	}
	return s, nil
}

func (s *Store) open(ctx context.Context, files fs.FS) error {
	var err error
	if s.readDB, err = sql.Open("sqlite", readerDSN(s.path)); err != nil {
		return err
	}
	if s.writeDB, err = sql.Open("sqlite", writerDSN(s.path)); err != nil {
		return err
	}
	s.writeDB.SetMaxOpenConns(1)
	if err := s.check(ctx); err != nil {
		return err
	}
	if err := s.migrate(ctx, files); err != nil {
		return err
	}
	if s.writer.conn, err = newConn(ctx, s.writeDB, writerPragmas); err != nil {
		return err
	}
	err = s.Update(ctx, func(t services.Tx) error {
		if err := t.SetSetting("write probe", "1"); err != nil {
			return err
		}
		return errProbed
	})
	if !errors.Is(err, errProbed) {
		return err
	}
	for range readConns {
		r, err := newConn(ctx, s.readDB, readerPragmas)
		if err != nil {
			return err
		}
		s.readers <- r
	}
	return nil
}

// Update runs fn while nobody else writes. An error or a panic of fn, and an
// ended ctx, leave everything as it was. Updates that wait for each other may
// share a commit; each is durable when it returns.
func (s *Store) Update(ctx context.Context, fn func(services.Tx) error) error {
	return s.writer.update(ctx, fn)
}

// View runs fn on a snapshot. Writers do not wait for it, nor it for them.
func (s *Store) View(ctx context.Context, fn func(services.Tx) error) error {
	c, err := s.reader(ctx)
	if err != nil {
		return err
	}
	defer func() { s.readers <- c }()
	if err := c.exec("BEGIN"); err != nil {
		return coded(err)
	}
	t := &tx{ctx: ctx, conn: c, now: s.now}
	defer func() {
		t.ended = true
		if err := c.exec("ROLLBACK"); err != nil {
			s.log.Debug("end a view", "error", err)
		}
	}()
	if err := fn(t); err != nil {
		return err
	}
	return errors.Join(t.broken, ctx.Err())
}

// reader waits for a connection that reads.
func (s *Store) reader(ctx context.Context) (*conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	select {
	case <-s.writer.closed:
		return nil, errClosed
	default:
	}
	select {
	case c := <-s.readers:
		return c, nil
	case <-s.writer.closed:
		return nil, errClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Close waits for transactions that run and releases the file.
func (s *Store) Close() error {
	var err error
	s.closing.Do(func() {
		s.writer.close()
		for range cap(s.readers) {
			(<-s.readers).close()
		}
		err = s.closeAll()
	})
	return err
}

func (s *Store) closeAll() error {
	var errs []error
	// The writer last: it then moves the log into the file and removes it.
	for _, d := range []*sql.DB{s.readDB, s.writeDB} {
		if d != nil {
			errs = append(errs, d.Close())
		}
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("close database: %w", err)
	}
	return nil
}
