package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"onionbot/bots/console"
)

type topCmd struct {
	target
	Addresses bool `help:"Show onion addresses, too; somebody may look over your shoulder."`
}

// topPause is between two looks.
const topPause = 2 * time.Second

// Run shows how everything does, again and again at a terminal, once elsewhere.
func (c topCmd) Run(ctx context.Context, s *streams) error {
	socket, err := c.path()
	if err != nil {
		return err
	}
	look := func(ctx context.Context) (console.Overview, error) { return console.Look(ctx, socket, c.Addresses) }
	if out, ok := s.out.(*os.File); ok && isTerminal(out) && isTerminal(s.in) {
		return watch(ctx, s.in, out, look)
	}
	o, err := look(ctx)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(s.out, strings.Join(screen(o), "\n"))
	return err
}

// watch draws until somebody types q or ctx ends. What was on the terminal is
// there again afterwards.
func watch(ctx context.Context, in, out *os.File, look func(context.Context) (console.Overview, error)) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer keysAtOnce(in)()
	go func() { // it ends with the process: a read of a terminal cannot be called back
		defer cancel()
		key := make([]byte, 1)
		for {
			if n, err := in.Read(key); err != nil || n == 1 && (key[0] == 'q' || key[0] == 'Q') {
				return
			}
		}
	}()
	fmt.Fprint(out, "\x1b[?1049h\x1b[?25l") // the other screen, without a cursor
	defer fmt.Fprint(out, "\x1b[?25h\x1b[?1049l")
	tick := time.NewTicker(topPause)
	defer tick.Stop()
	for {
		o, err := look(ctx)
		if ctx.Err() != nil {
			return nil
		}
		lines := screen(o)
		if err != nil { // it may come back
			lines = []string{plainText(sentence(err))}
		}
		width, height := size(out)
		draw(out, lines, width, height)
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// draw fills the screen with what fits, line over line, so that nothing
// flickers.
func draw(out io.Writer, lines []string, width, height int) {
	const foot = "q: leave"
	if len(lines) > height-1 {
		lines = append(lines[:max(height-2, 0):max(height-2, 0)], "…")
	}
	var b strings.Builder
	b.WriteString("\x1b[H")
	for _, line := range append(lines[:len(lines):len(lines)], foot) {
		if runes := []rune(line); len(runes) > width {
			line = string(runes[:width])
		}
		if line == foot {
			b.WriteString("\x1b[J")
		}
		b.WriteString(line + "\x1b[K")
		if line != foot {
			b.WriteString("\r\n")
		}
	}
	_, _ = io.WriteString(out, b.String())
}

// size is the terminal's, in characters.
func size(out *os.File) (width, height int) {
	ws, err := unix.IoctlGetWinsize(int(out.Fd()), unix.TIOCGWINSZ)
	if err != nil || ws.Col == 0 || ws.Row == 0 {
		return 80, 24
	}
	return int(ws.Col), int(ws.Row)
}

// keysAtOnce has the terminal hand over keys as they are typed, unseen, and
// returns what undoes that. Ctrl-C stays what it is.
func keysAtOnce(in *os.File) (undo func()) {
	fd := int(in.Fd())
	before, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	if err != nil {
		return func() {}
	}
	now := *before
	now.Lflag &^= unix.ICANON | unix.ECHO
	now.Cc[unix.VMIN], now.Cc[unix.VTIME] = 1, 0
	_ = unix.IoctlSetTermios(fd, unix.TCSETS, &now)
	return func() { _ = unix.IoctlSetTermios(fd, unix.TCSETS, before) }
}
