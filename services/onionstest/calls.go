package onionstest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"onionbot/services"
)

// Publish implements [services.Onions].
func (f *Fake) Publish(ctx context.Context, spec services.OnionSpec) error {
	if err := f.before(ctx, OpPublish, spec.Onion.Address); err != nil {
		return err
	}
	if err := check(spec); err != nil {
		return err
	}
	f.mu.Lock()
	h := f.onions[spec.Onion.Address]
	if h == nil || h.admits != spec.Onion.Admits() {
		f.added = append(f.added, spec)
		h = &hosted{spec: spec, state: services.OnionPublished, admits: spec.Onion.Admits()}
		if f.stuck {
			h.state = services.OnionAdded
		}
		f.onions[spec.Onion.Address] = h
	}
	f.mu.Unlock()
	return f.published(ctx, spec.Onion.Address, h)
}

// published waits for the upload. Only tests wait here, so it looks often.
func (f *Fake) published(ctx context.Context, address string, h *hosted) error {
	for {
		f.mu.Lock()
		current, state := f.onions[address] == h, h.state
		f.mu.Unlock()
		switch {
		case !current:
			return errors.New("onions: the onion was removed")
		case state == services.OnionPublished:
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("onions: publish: %w", ctx.Err())
		case <-time.After(time.Millisecond):
		}
	}
}

func check(spec services.OnionSpec) error {
	switch {
	case !valid(spec.Onion.Address):
		return errors.New("onions: not an onion address")
	case !strings.HasPrefix(spec.Onion.Key.Reveal(), "ED25519-V3:"):
		return errors.New("onions: not a key")
	case len(spec.Onion.Clients) > services.MaxClients:
		return errors.New("onions: too many clients")
	case len(spec.Targets) == 0:
		return errors.New("onions: no port")
	}
	return nil
}

func valid(address string) bool {
	id, ok := strings.CutSuffix(address, ".onion")
	return ok && len(id) == 56 && strings.Trim(id, "abcdefghijklmnopqrstuvwxyz234567") == ""
}

// Status implements [services.Onions].
func (f *Fake) Status(ctx context.Context, address string) (services.OnionStatus, error) {
	if err := f.before(ctx, OpStatus, address); err != nil {
		return services.OnionStatus{}, err
	}
	if !valid(address) {
		return services.OnionStatus{}, errors.New("onions: not an onion address")
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.status(address), nil
}

// status tells of one onion. f.mu is held.
func (f *Fake) status(address string) services.OnionStatus {
	h := f.onions[address]
	if h == nil {
		return services.OnionStatus{Address: address}
	}
	return services.OnionStatus{Address: address, State: h.state, Foreign: h.spec.Owner == foreignOwner(true), Admits: h.admits, Guarded: h.guarded}
}

// List implements [services.Onions].
func (f *Fake) List(ctx context.Context) ([]services.OnionStatus, error) {
	if err := f.before(ctx, OpList, ""); err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	var list []services.OnionStatus
	for address := range f.onions {
		list = append(list, f.status(address))
	}
	return list, nil
}

// Remove implements [services.Onions].
func (f *Fake) Remove(ctx context.Context, address string) error {
	if err := f.before(ctx, OpRemove, address); err != nil {
		return err
	}
	if !valid(address) {
		return errors.New("onions: not an onion address")
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.onions, address)
	return nil
}

// Probe implements [services.Onions].
func (f *Fake) Probe(ctx context.Context, onion services.Onion, port int, _ services.ProbeKind) error {
	address := onion.Address
	if err := f.before(ctx, OpProbe, address); err != nil {
		return err
	}
	f.mu.Lock()
	h, reach, dials := f.onions[address], f.reach, f.dials
	f.mu.Unlock()
	switch {
	case h == nil, h.state != services.OnionPublished:
		return services.Wrap(services.CodeClosed, errors.New("onions: no descriptor"))
	case !h.has(port):
		return services.Wrap(services.CodeBusy, errors.New("onions: no such port"))
	case dials:
		if err := h.dial(ctx, port); err != nil {
			return services.Wrap(services.CodeBusy, err)
		}
	}
	if reach != nil {
		return reach(address, port)
	}
	return nil
}

// Guard implements [services.Onions].
func (f *Fake) Guard(ctx context.Context, onion services.Onion, _ int) error {
	if err := f.before(ctx, OpGuard, onion.Address); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	switch h := f.onions[onion.Address]; {
	case h == nil || h.state != services.OnionPublished:
		return errors.New("onions: no descriptor")
	case f.exposed || !h.spec.Onion.Private():
		delete(f.onions, onion.Address)
		return services.E(services.CodeExposed)
	default:
		h.guarded = true
		return nil
	}
}

// dial connects to the socket behind the port.
func (h *hosted) dial(ctx context.Context, port int) error {
	for _, t := range h.spec.Targets {
		if t.Port != port {
			continue
		}
		var d net.Dialer
		conn, err := d.DialContext(ctx, "unix", t.Socket)
		if err != nil {
			return err
		}
		return conn.Close()
	}
	return nil
}

// has reports whether the onion has the port. One that was [Fake.Put] has all.
func (h *hosted) has(port int) bool {
	for _, t := range h.spec.Targets {
		if t.Port == port {
			return true
		}
	}
	return len(h.spec.Targets) == 0
}

// Events implements [services.Onions].
func (f *Fake) Events(ctx context.Context, notify func(address string)) error {
	w := &watcher{wake: make(chan struct{}, 1)}
	f.mu.Lock()
	f.watch[w] = struct{}{}
	f.mu.Unlock()
	defer func() {
		f.mu.Lock()
		delete(f.watch, w)
		f.mu.Unlock()
	}()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-w.wake:
		}
		f.mu.Lock()
		pending := w.pending
		w.pending = nil
		f.mu.Unlock()
		for _, address := range pending {
			notify(address)
		}
	}
}

// Ping implements [services.Onions].
func (f *Fake) Ping(ctx context.Context) error { return f.before(ctx, OpPing, "") }
