package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"onionbot/services"
	"onionbot/services/docker"
)

const (
	trialPoll  = 20 * time.Millisecond
	trialVisit = 20 * time.Second
	trialPage  = 1 << 20 // bytes of a page that are read
)

// start runs the container. The shim looks around in it before the app starts,
// and refuses what is not safe.
func (t *trial) start(ctx context.Context) bool {
	t.began = time.Now()
	err := t.runtime.Run(ctx, t.spec)
	if err == nil {
		return true
	}
	var e *services.Error
	switch advice := services.AdviseWords(err.Error()); {
	case errors.As(err, &e) && e.Code == services.CodeUnsafe:
		t.fail("safe", "from inside it reaches %s", e.Args["reached"])
	case advice != "":
		t.fail("starts", "%s", advice)
	default:
		t.fail("starts", "%v", err)
	}
	return false
}

// await waits until the app accepts connections.
func (t *trial) await(ctx context.Context, patience time.Duration) bool {
	limit := time.After(patience)
	for {
		c, err := t.runtime.Inspect(ctx, t.spec.ID)
		switch {
		case err != nil:
			t.fail("starts", "%s", sentence(err))
			return false
		case c.Ready:
			t.well("starts", "in %s it accepts connections", seconds(time.Since(t.began)))
			return true
		case c.State == services.ContainerExited:
			t.ended(c)
			return false
		}
		select {
		case <-time.After(trialPoll):
		case <-limit:
			t.silent(ctx, patience)
			return false
		case <-ctx.Done():
			return false
		}
	}
}

// ended tells of an app that did not stay.
func (t *trial) ended(c services.Container) {
	if c.Said != "" {
		t.say("", "", "it said: %s", c.Said)
	}
	advice := services.Advise(c, t.spec.Definition)
	switch {
	case advice != "":
	case c.Said == "":
		advice = "it said nothing on its standard error; see that its command stays in the foreground"
	default:
		advice = "mend what it says"
	}
	t.fail("starts", "the app ended with exit code %d: %s", c.ExitCode, advice)
}

// silent tells of an app that runs and does not accept connections.
func (t *trial) silent(ctx context.Context, patience time.Duration) {
	want := t.spec.Definition.Ports[0].App
	seen, err := t.runtime.Examine(ctx, t.spec)
	switch {
	case err == nil && len(seen.Listening) > 0:
		t.fail("starts", "nothing listens on port %d; the app listens on %s: name that as app in [[ports]] (on an address of the loopback or on all)", want, numbers(seen.Listening))
	default:
		t.fail("starts", "the app runs, and in %s has not listened on port %d; correct [[ports]], or its settings, or give it more time with --patience", patience, want)
	}
}

func numbers(all []int) string {
	var out []string
	for _, n := range all {
		out = append(out, fmt.Sprint(n))
	}
	return strings.Join(out, ", ")
}

// look visits what runs, measures it, and sees what it gives away.
func (t *trial) look(ctx context.Context) {
	t.visit(ctx)
	seen, err := t.runtime.Examine(ctx, t.spec)
	if err != nil {
		t.fail("measured", "%s", sentence(err))
		return
	}
	t.listens(seen)
	t.measured(seen)
	for _, what := range seen.Open {
		t.fail("safe", "%s", what)
	}
	for _, name := range seen.Leaks {
		t.fail("secrets", "the engine knows %s", name)
	}
	if len(seen.Open)+len(seen.Leaks) == 0 {
		t.well("safe", "read-only, no network, nothing of the host within reach; the engine knows no secret")
	}
	t.attacked(ctx)
	t.advise()
}

// visit opens the service as its probe does.
func (t *trial) visit(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, trialVisit)
	defer cancel()
	var err error
	switch d := t.spec.Definition; d.Probe {
	case services.ProbeHTTP:
		err = t.fetch(ctx)
	case services.ProbeSSH:
		var line string
		if line, err = t.greeting(ctx); err == nil && !strings.HasPrefix(line, "SSH-") {
			err = fmt.Errorf("it does not greet as ssh does: %q", line)
		}
	}
	if err != nil {
		t.fail("answers", "%v; is probe = %q right?", err, t.spec.Definition.Probe)
		return
	}
	t.well("answers", "as %s", t.spec.Definition.Probe)
}

func (t *trial) dial(ctx context.Context) (net.Conn, error) {
	var d net.Dialer
	return d.DialContext(ctx, "unix", t.runtime.Target(t.spec.ID, t.spec.Definition.Ports[0]))
}

func (t *trial) greeting(ctx context.Context) (string, error) {
	conn, err := t.dial(ctx)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	if at, ok := ctx.Deadline(); ok {
		_ = conn.SetDeadline(at)
	}
	line, err := bufio.NewReader(io.LimitReader(conn, 512)).ReadString('\n')
	return strings.TrimSpace(line), err
}

// fetch gets the first page, and sees whether it knows its address.
func (t *trial) fetch(ctx context.Context) error {
	client := &http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return t.dial(ctx) }},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+t.spec.Address+"/", nil)
	if err != nil {
		return err
	}
	res, err := client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	body, _ := io.ReadAll(io.LimitReader(res.Body, trialPage))
	if res.StatusCode >= http.StatusInternalServerError {
		return fmt.Errorf("it answers %q", res.Status)
	}
	to := res.Header.Get("Location")
	if strings.Contains(to, "://") && !strings.HasPrefix(to, "http://"+t.spec.Address) {
		t.fail("address", "it sends visitors to %q: tell it its address, as in env = [\"BASE_URL=http://{address}/\"]", to)
	}
	for _, host := range []string{"//localhost", "//127.0.0.1", "//0.0.0.0"} {
		if strings.Contains(string(body), host) {
			t.note("address", "its page speaks of %s: tell it its address, as in env = [\"BASE_URL=http://{address}/\"]", host[2:])
			break
		}
	}
	return nil
}

// listens tells of ports of the address behind which there is nobody.
func (t *trial) listens(seen docker.Examination) {
	if len(seen.Listening) == 0 {
		return // it is not known
	}
	for _, p := range t.spec.Definition.Ports {
		if !slices.Contains(seen.Listening, p.App) {
			t.fail("port", "nothing listens on %d; the app listens on %s: correct [[ports]]", p.App, numbers(seen.Listening))
		}
	}
}

func (t *trial) measured(seen docker.Examination) {
	limit := t.spec.Definition.Limits.MemoryBytes
	t.well("size", "%d MB of image, %d MiB of memory of %d", seen.ImageBytes/1e6, (seen.MemoryBytes+1<<19)>>20, limit>>20)
	switch used := seen.MemoryBytes; {
	case used > limit*8/10:
		t.fail("memory", "it is nearly full before anybody has come: set limits.memory to %d MiB or more", used>>19)
	case used > 0 && used < limit/16 && limit > 64<<20:
		t.note("memory", "limits.memory of 64 MiB may be enough for it: more of them can run at once then")
	}
}

// advise says what could be tighter.
func (t *trial) advise() {
	d := t.spec.Definition
	if strings.Contains(strings.Join(d.Command, " "), "{secret.") {
		t.note("secrets", "whoever is on this host reads a command with ps: hand the secret over in env, or as the file /onion/private/NAME")
	}
	if len(d.Caps) > 0 {
		t.note("caps", "it may %s: see whether it starts without", strings.Join(d.Caps, ", "))
	}
	if d.User != services.OwnUser {
		t.note("user", "every start of it is user %s: with user = \"own\" each has one of its own, if it works so", d.User)
	}
	if len(d.Volumes) > 0 {
		t.note("volumes", "they are on disk where the engine has quotas (xfs), else in memory")
	}
}
