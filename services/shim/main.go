package shim

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"onionbot/services/shim/escape"
	"onionbot/services/shim/selftest"
)

// What the only argument can ask for instead.
const (
	endArg    = "end"    // [EndAll]
	testArg   = "test"   // the self-test, of whoever runs it
	escapeArg = "escape" // the ways out, of whoever runs it
)

// EndCommand is run inside a container to end everything in it but PID 1.
func EndCommand() []string { return []string{Program, "shim", endArg} }

// EscapeCommand is run inside a container, as the app's user, to try the ways
// out of it; see package escape.
func EscapeCommand() []string { return []string{Program, "shim", escapeArg} }

// Main is "onionbot shim": PID 1 of a container. Its arguments are the ports,
// "80:8080" for onion port 80 and app port 8080, "inward:8081" for one that is
// the bot's alone. It returns one of the exit codes above.
func Main(args []string) int {
	if len(args) != 1 {
		return run(args, SocketDir, ControlDir, os.Stderr)
	}
	var err error
	switch args[0] {
	case endArg:
		err = EndAll()
	case testArg:
		err = selftest.Serve(os.Stdin, os.Stdout)
	case escapeArg:
		err = escape.Write(os.Stdout)
	default:
		return run(args, SocketDir, ControlDir, os.Stderr)
	}
	if err != nil {
		return refuse(os.Stderr, err)
	}
	return 0
}

func run(args []string, socketDir, controlDir string, complaints io.Writer) int {
	harden()
	ports, err := parsePorts(args)
	if err != nil {
		return refuse(complaints, err)
	}
	app := newProcess()
	stop := watchSignals(app)

	targets := make(map[net.Listener]target)
	for _, p := range ports {
		name := InwardSocket
		if p.Onion != 0 {
			name = SocketName(p.Onion)
		}
		l, err := bind(socketDir, name)
		if err != nil {
			return refuse(complaints, err)
		}
		targets[l] = target{loopback(p.App), p.Onion == 0}
	}
	report, err := openReport(filepath.Join(socketDir, ReportFile))
	if err != nil {
		return refuse(complaints, err)
	}
	s, err := newSupervisor(newClock(), app, filepath.Join(controlDir, DeadlineFile), targets, stop)
	if err != nil {
		return refuse(complaints, err)
	}
	s.report, s.ledger.news = report, report.last.News
	app.told = s.take
	// Last: its appearance says that all the others are there.
	control, err := bind(socketDir, ControlSocket)
	if err != nil {
		return refuse(complaints, err)
	}
	go serveControl(control, s.handle)
	return s.run()
}

func refuse(w io.Writer, err error) int {
	fmt.Fprintln(w, "onionbot shim:", err)
	return ExitRefused
}

// watchSignals reaps children for ever and returns the requests to end.
func watchSignals(app *process) <-chan os.Signal {
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM, syscall.SIGINT)
	// Taken and dropped rather than ignored: the app would inherit the latter.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGHUP, syscall.SIGQUIT, syscall.SIGPIPE, syscall.SIGUSR1, syscall.SIGUSR2)
	children := make(chan os.Signal, 1)
	signal.Notify(children, syscall.SIGCHLD)
	go func() {
		for range children {
			app.reap()
		}
	}()
	return stop
}

// parsePorts reads the arguments. The inward port has the onion port 0.
func parsePorts(args []string) ([]Port, error) {
	if len(args) == 0 {
		return nil, errors.New("no ports: this is started by the onionbot daemon inside a container")
	}
	ports := make([]Port, 0, len(args))
	for _, arg := range args {
		outer, inner, ok := strings.Cut(arg, ":")
		i, err := strconv.ParseUint(inner, 10, 16)
		if outer+":" == inwardPrefix && err == nil && i != 0 {
			ports = append(ports, Port{App: int(i)})
			continue
		}
		o, err2 := strconv.ParseUint(outer, 10, 16)
		if !ok || err != nil || err2 != nil || o == 0 || i == 0 {
			return nil, fmt.Errorf("%q is not a port pair like 80:8080", arg)
		}
		ports = append(ports, Port{Onion: int(o), App: int(i)})
	}
	return ports, nil
}
