package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"onionbot/bots/console"
	"onionbot/services"
)

// tour types what a person would type, opens what a visitor would open, and
// fails at the first step that does not hold.
func (d *demo) tour(ctx context.Context) error {
	t := &tour{demo: d}
	for _, step := range []func(context.Context) error{
		t.start, t.visit, t.list, t.more, t.stop, t.dark, t.nothingLeft,
	} {
		if err := step(ctx); err != nil {
			fmt.Fprintf(d.out, "FAILED  %v\n", err)
			return exitCode(1)
		}
	}
	d.step("the tour is over; every step held")
	return nil
}

type tour struct {
	*demo
	address string
	id      string
	key     string
}

var onionAddress = regexp.MustCompile(`[a-z2-7]{56}\.onion`)

// say types a command at the console and returns the answer.
func (t *tour) say(ctx context.Context, words string) (string, error) {
	var out bytes.Buffer
	code := console.Ctl(ctx, t.daemon.socket(), strings.Fields(words), strings.NewReader(""), &out, console.CtlOptions{})
	answer := strings.TrimSpace(out.String())
	fmt.Fprintf(t.out, "\n         > %s\n", words)
	for line := range strings.Lines(answer) {
		fmt.Fprintf(t.out, "         %s\n", strings.TrimRight(line, "\n"))
	}
	if code != 0 {
		return answer, fmt.Errorf("%q was not carried out", words)
	}
	return answer, nil
}

func (t *tour) start(ctx context.Context) error {
	answer, err := t.say(ctx, "start site for 2m")
	if err != nil {
		return err
	}
	if t.address = onionAddress.FindString(answer); t.address == "" {
		return errors.New("the answer names no address")
	}
	list, err := t.daemon.manager.List(ctx, t.daemon.users.named(operatorName))
	if err != nil || len(list) != 1 {
		return fmt.Errorf("one service should be running: %d, %w", len(list), err)
	}
	t.id, t.key = list[0].ID, list[0].Onion.Key.Reveal()
	t.step("started, published and opened by the bot through tor")
	return nil
}

func (t *tour) visit(ctx context.Context) error {
	page, err := t.fetch(ctx, 60*time.Second)
	if err != nil {
		return fmt.Errorf("a visitor could not open it: %w", err)
	}
	title := regexp.MustCompile(`<title>(.*?)</title>`).FindStringSubmatch(page)
	if title == nil {
		return errors.New("the page has no title")
	}
	t.step("opened through the visitor's tor: %d bytes, %q", len(page), title[1])
	return nil
}

func (t *tour) list(ctx context.Context) error {
	answer, err := t.say(ctx, "list")
	if err == nil && !strings.Contains(answer, t.address) {
		err = errors.New("the list does not name the address")
	}
	if err == nil {
		t.step("listed")
	}
	return err
}

func (t *tour) more(ctx context.Context) error {
	if _, err := t.say(ctx, "more 10m"); err != nil {
		return err
	}
	for ctx.Err() == nil {
		row, err := t.daemon.manager.Find(ctx, t.daemon.users.named(operatorName), "#"+t.id)
		if err != nil {
			return err
		}
		c, err := t.daemon.runtime.Inspect(ctx, t.id)
		if err != nil {
			return err
		}
		if c.Deadline.UnixMilli() == row.ExpiresAt.UnixMilli() && time.Until(row.ExpiresAt) > 11*time.Minute {
			t.step("ten minutes more; the running container knows")
			return nil
		}
		time.Sleep(20 * time.Millisecond)
	}
	return ctx.Err()
}

func (t *tour) stop(ctx context.Context) error {
	if _, err := t.say(ctx, "stop site"); err != nil {
		return err
	}
	t.step("stopped")
	return nil
}

func (t *tour) dark(ctx context.Context) error {
	if _, err := t.fetch(ctx, 20*time.Second); err == nil {
		return errors.New("the address still opens")
	}
	t.step("the address no longer opens for the visitor")
	return nil
}

func (t *tour) nothingLeft(ctx context.Context) error {
	c, err := t.daemon.runtime.Inspect(ctx, t.id)
	if err != nil || c.State != services.ContainerAbsent || c.Files {
		return fmt.Errorf("a container or its directory is left: %q %t %w", c.State, c.Files, err)
	}
	onion, err := t.daemon.pool.Status(ctx, t.address)
	if err != nil || onion.State != services.OnionAbsent {
		return fmt.Errorf("the onion is left: %q %w", onion.State, err)
	}
	if err := t.daemon.store.Scrub(ctx); err != nil {
		return err
	}
	if where := find(t.dir, t.key, t.address); where != "" {
		return fmt.Errorf("the key or the address is left in %s", where)
	}
	t.step("nothing left: no container, no onion, no socket directory, no key")
	return nil
}

// fetch opens the address through the visitor's tor.
func (t *tour) fetch(ctx context.Context, limit time.Duration) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	socks, err := socksDialer(t.visitor.SOCKSAddr())
	if err != nil {
		return "", err
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: socks.DialContext}}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+t.address+"/", nil)
	if err != nil {
		return "", err
	}
	resp, err := client.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	page, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err == nil && resp.StatusCode != http.StatusOK {
		err = errors.New(resp.Status)
	}
	return string(page), err
}

// find returns the first file of the bot's state that holds a secret.
func find(dir string, secrets ...string) string {
	found := ""
	_ = filepath.WalkDir(filepath.Join(dir, "s"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || found != "" {
			return nil
		}
		data, err := os.ReadFile(path) //nolint:gosec // the demo's own directory
		for _, secret := range secrets {
			if err == nil && secret != "" && bytes.Contains(data, []byte(secret)) {
				found = path
			}
		}
		return nil
	})
	return found
}
