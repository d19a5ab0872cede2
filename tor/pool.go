package tor

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sync"
	"syscall"
	"time"

	"onionbot/services"
)

// Pool is a set of tors that host onions and open them. Its methods may be
// called from several goroutines.
type Pool struct {
	o     Options
	log   *slog.Logger
	lock  *os.File // held for as long as the state directory is ours
	ctx   context.Context
	stop  context.CancelFunc
	tasks sync.WaitGroup

	mu      sync.Mutex
	members []*member
	pubs    map[string]*publication // by address; those somebody waits for
	queue   fairQueue
	watch   map[*subscriber]struct{}
	changed chan struct{} // closed and replaced when a member changes
	closed  bool
}

var _ services.Onions = (*Pool)(nil)

// Open finds the tors that an earlier process has left running, starts those
// that are missing, and returns when every tor answers or has failed to once.
// It fails when managed tors cannot be started at all; tors of somebody else
// may come later. The context bounds the call, not the life of the pool.
func Open(ctx context.Context, o Options) (*Pool, error) {
	o, err := o.complete(ctx)
	if err != nil {
		return nil, err
	}
	lock, err := lockDir(o.StateDir)
	if err != nil {
		return nil, err
	}
	if err := o.admit(); err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	p := &Pool{
		o: o, log: o.Logger, lock: lock, pubs: map[string]*publication{},
		watch: map[*subscriber]struct{}{}, changed: make(chan struct{}),
	}
	p.ctx, p.stop = context.WithCancel(context.Background())
	p.mu.Lock()
	p.populate()
	p.mu.Unlock()
	if err := p.firstAnswers(ctx); err != nil {
		return nil, errors.Join(err, p.Close())
	}
	return p, nil
}

// lockDir makes the directory and keeps any other pool out of it.
func lockDir(dir string) (*os.File, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, services.Wrap(services.CodeReadOnlyState, err)
	}
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, services.Wrap(services.CodeReadOnlyState, err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(services.Wrap(services.CodeLocked, err), f.Close())
	}
	return f, nil
}

// admit lets the account of the tors pass through the directories that theirs
// are in.
func (o Options) admit() error {
	if o.TorPath == "" || !o.Account.Other() {
		return nil
	}
	for _, dir := range []string{o.StateDir, o.RunDir} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return services.Wrap(services.CodeReadOnlyState, err)
		}
		for _, dir := range []string{filepath.Dir(dir), dir} {
			if err := o.Account.Admit(dir); err != nil {
				return err
			}
		}
		if err := o.Account.reach(dir); err != nil {
			return err
		}
	}
	return nil
}

// memberName is how directories of managed tors that host onions are named.
var memberName = regexp.MustCompile(`^t[0-9]{1,3}$`)

// proberName is the managed tor that only opens addresses.
const proberName = "p1"

// populate makes the members: what the options ask for, and besides every
// managed tor that still runs with onions of ours.
func (p *Pool) populate() {
	for i, socket := range p.o.ControlSockets {
		p.addMember(&member{name: fmt.Sprintf("system%d", i+1), control: socket, hosts: true, foreign: true})
	}
	hosts := len(p.o.ControlSockets)
	if hosts == 0 {
		hosts = p.o.Size
		for i := range p.o.Size {
			p.addManaged(fmt.Sprintf("t%d", i+1), true)
		}
	}
	if hosts < 2 && p.o.TorPath != "" {
		p.addManaged(proberName, false)
	}
	for _, rc := range processes() {
		name := filepath.Base(filepath.Dir(rc))
		if rc != placeOf(p.o.StateDir, p.o.RunDir, name).torrc || p.member(name) != nil {
			continue
		}
		if memberName.MatchString(name) || name == proberName {
			p.addManaged(name, name != proberName).draining = true
		}
	}
}

func (p *Pool) addManaged(name string, hosts bool) *member {
	place := placeOf(p.o.StateDir, p.o.RunDir, name)
	m := &member{name: name, place: place, control: place.control, hosts: hosts, socks: place.socks}
	p.addMember(m)
	return m
}

// addMember starts the life of a member. p.mu is held.
func (p *Pool) addMember(m *member) {
	m.pool, m.log = p, p.log.With("tor", m.name)
	m.link = newLink(m.control, p.o.CallTimeout)
	m.onions, m.tainted, m.met, m.visiting = map[string]*entry{}, map[string]struct{}{}, map[string]struct{}{}, map[string]int{}
	m.woken = make(chan struct{}, 1)
	if !m.foreign && findProcess(m.place.torrc) == 0 {
		m.state = stateDead
	}
	ctx, cancel := context.WithCancel(p.ctx)
	m.cancel, m.left = cancel, make(chan struct{})
	p.members = append(p.members, m)
	p.tasks.Go(func() {
		defer close(m.left)
		m.live(ctx)
	})
}

func (p *Pool) member(name string) *member {
	i := slices.IndexFunc(p.members, func(m *member) bool { return m.name == name })
	if i < 0 {
		return nil
	}
	return p.members[i]
}

// firstAnswers waits until each member has answered or failed once.
func (p *Pool) firstAnswers(ctx context.Context) error {
	return p.await(ctx, func() (bool, error) {
		waiting, up := 0, 0
		var failed error
		for _, m := range p.members {
			switch {
			case m.state == stateUp:
				up++
			case m.failure == nil:
				waiting++
			case !m.foreign:
				failed = m.failure
			}
		}
		if waiting > 0 || up > 0 || failed == nil || len(p.o.ControlSockets) > 0 {
			return waiting == 0, nil
		}
		return true, services.Wrap(services.CodeUnavailable, failed, "what", "tor")
	})
}

// await calls done, under the lock, at once and after every change of a
// member until it says so.
func (p *Pool) await(ctx context.Context, done func() (bool, error)) error {
	for {
		p.mu.Lock()
		ok, err := done()
		changed := p.changed
		p.mu.Unlock()
		if ok || err != nil {
			return err
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// broadcast wakes everybody who awaits a change. p.mu is held.
func (p *Pool) broadcast() {
	close(p.changed)
	p.changed = make(chan struct{})
}

// Close disconnects from all tors and leaves them, and the onions on them,
// running; with [Options.Tied] they end when this process does. Publications
// that are waited for fail. It may be called more than once.
func (p *Pool) Close() error {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return nil
	}
	p.closed = true
	for _, pub := range p.pubs {
		p.settle(pub, unavailable(errors.New("the pool is closed")))
	}
	p.mu.Unlock()
	p.stop()
	p.tasks.Wait()
	for _, m := range p.members {
		m.link.reset()
	}
	return p.lock.Close()
}

// Shutdown closes the pool and ends every managed tor, with the onions on it.
// It returns when they are gone. Tors of somebody else are left alone; the
// caller removes its onions from them first.
func (p *Pool) Shutdown(ctx context.Context) error {
	p.mu.Lock()
	p.closed = true
	for _, pub := range p.pubs {
		p.settle(pub, unavailable(errors.New("the pool is shut down")))
	}
	p.mu.Unlock()
	p.stop()
	p.tasks.Wait()
	var ending sync.WaitGroup
	errs := make([]error, len(p.members))
	for i, m := range p.members {
		m.link.reset()
		if !m.foreign {
			ending.Go(func() { errs[i] = endProcess(ctx, findProcess(m.place.torrc), m.place.torrc, true) })
		}
	}
	ending.Wait()
	if err := p.lock.Close(); !errors.Is(err, os.ErrClosed) {
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// unavailable says that no tor could do it.
func unavailable(cause error) error {
	return services.Wrap(services.CodeUnavailable, cause, "what", "tor")
}

// backoff is the time to wait after so many failures in a row.
func backoff(failures int) time.Duration {
	return min(50*time.Millisecond<<min(failures, 10), 30*time.Second)
}
