package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	_ "time/tzdata" // zones of the configuration, where the system has no database

	"github.com/alecthomas/kong"

	"onionbot/services"
	"onionbot/services/app"
	"onionbot/services/shim"
	"onionbot/tor"
)

// version is set by the linker.
var version = "devel" //nolint:gochecknoglobals // set by -ldflags

// cli is the command line.
type cli struct {
	Run      runCmd      `cmd:"" help:"Run the bot."`
	Demo     demoCmd     `cmd:"" help:"Try it: a private Tor network, no account, no internet."`
	Chat     chatCmd     `cmd:"" help:"Speak to the running bot at a prompt."`
	Ctl      ctlCmd      `cmd:"" help:"Give the running bot one command, as in: onionbot ctl start site for 2h."`
	Top      topCmd      `cmd:"" help:"Watch services, tors, networks, queues and errors of the running bot."`
	Invite   inviteCmd   `cmd:"" help:"Let a friend in with a code, as in: onionbot invite ana services site."`
	Reload   reloadCmd   `cmd:"" help:"Have the running bot read the users of its configuration again."`
	Down     downCmd     `cmd:"" help:"Take everything down: services, keys, tor processes, the bot."`
	Backup   backupCmd   `cmd:"" help:"Write an encrypted backup, without what is live."`
	Restore  restoreCmd  `cmd:"" help:"Put a backup into an empty state directory."`
	Services servicesCmd `cmd:"" help:"List, make and try what can be started."`
	Doctor   doctorCmd   `cmd:"" help:"Check that this machine has what onionbot needs."`
	Mastodon mastodonCmd `cmd:"" help:"Set up the Mastodon account."`
	Version  versionCmd  `cmd:"" help:"Print the version."`
	Shim     struct{}    `cmd:"" hidden:"" help:"Be PID 1 of a container."`

	Man        manCmd        `cmd:"" hidden:"" help:"Write the manual page."`
	Completion completionCmd `cmd:"" help:"Write completions for a shell: onionbot completion bash."`
	App        struct{}      `cmd:"" hidden:"" help:"Be the app of a container."`
}

func main() {
	// Before anything else: inside a container this program is the shim or an
	// app, and every start waits for it.
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case "shim":
			os.Exit(shim.Main(os.Args[2:]))
		case "app":
			os.Exit(app.Main(os.Args[2:]))
		}
	}
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// streams are what a command reads and writes.
type streams struct {
	in       *os.File
	out, err io.Writer
}

// exitCode ends a command with a code of its own and nothing more to say.
type exitCode int

func (e exitCode) Error() string { return fmt.Sprintf("exit %d", int(e)) }

func run(args []string, in *os.File, out, errOut io.Writer) int {
	var c cli
	exited := -1
	parser, err := kong.New(&c,
		kong.Name("onionbot"),
		kong.Description("Start onion services from a chat."),
		kong.Writers(out, errOut),
		kong.Exit(func(code int) { exited = code }),
		kong.UsageOnError(),
		kong.Vars{"config": usualConfig()},
	)
	if err != nil {
		fmt.Fprintln(errOut, "onionbot:", err)
		return 1
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	kctx, err := parser.Parse(flagsFirst(args))
	if exited >= 0 {
		return exited
	}
	if err != nil {
		fmt.Fprintf(errOut, "onionbot: %v\nType \"onionbot --help\" to see the commands.\n", err)
		return 2
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	kctx.BindTo(ctx, (*context.Context)(nil))
	return report(kctx.Run(&streams{in: in, out: out, err: errOut}), errOut)
}

// report turns an error into one sentence and an exit code.
func report(err error, errOut io.Writer) int {
	var code exitCode
	switch {
	case err == nil:
		return 0
	case errors.As(err, &code):
		return int(code)
	}
	fmt.Fprintln(errOut, "onionbot:", sentence(err))
	return 1
}

// sentence is what an operator reads when a command cannot go on.
func sentence(err error) string {
	var several interface{ Unwrap() []error }
	if errors.As(err, &several) {
		var lines []string
		for _, one := range several.Unwrap() {
			lines = append(lines, sentence(one))
		}
		return strings.Join(lines, "\n")
	}
	var e *services.Error
	if !errors.As(err, &e) {
		return err.Error()
	}
	switch e.Code {
	case services.CodeBadConfig:
		return misconfigured(e)
	case services.CodeLocked:
		return locked(e)
	case services.CodeNewerSchema:
		return "the database was made by a newer onionbot. Install that version again, or start with an empty state_dir."
	case services.CodeCorruptDatabase:
		return "the database is damaged; it was left as it is. Move it away and start again, or restore a backup."
	case services.CodeReadOnlyState:
		return fmt.Sprintf("the state directory cannot be written to (%v). Free some space or correct its permissions.", e.Cause)
	case services.CodePathTooLong:
		return "run_dir is too long for a socket's path. Choose a shorter one, such as /run/onionbot."
	case services.CodeUnavailable:
		return unavailable(e)
	}
	return e.Error()
}

// locked says who is in the way.
func locked(e *services.Error) string {
	where, who := "this state directory", ""
	if e.Args["dir"] != "" {
		where = e.Args["dir"]
	}
	if e.Args["pid"] != "" {
		who = " (process " + e.Args["pid"] + ")"
	}
	return "another onionbot is running with " + where + who + ". Stop it first, or give this one its own state_dir and run_dir."
}

// misconfigured says where in which file what is wrong, as far as it is known.
func misconfigured(e *services.Error) string {
	file, line, column, problem := e.Args["file"], e.Args["line"], e.Args["column"], e.Args["problem"]
	switch {
	case file == "":
		return problem + "."
	case line == "":
		return fmt.Sprintf("%s: %s.", file, problem)
	case column == "":
		return fmt.Sprintf("%s, line %s: %s.", file, line, problem)
	}
	return fmt.Sprintf("%s, line %s, column %s: %s.", file, line, column, problem)
}

func unavailable(e *services.Error) string {
	switch e.Args["what"] {
	case "docker":
		return fmt.Sprintf("the container engine does not answer (%v). Start it, for example with: sudo systemctl start docker", e.Cause)
	case "tor":
		return torUnavailable(e.Cause)
	}
	return e.Error()
}

func torUnavailable(cause error) string {
	switch {
	case errors.Is(cause, tor.ErrEnded):
		return fmt.Sprintf("tor does not run (%v). Look at tor.torrc_include and tor.program in the configuration; onionbot doctor tries them.", cause)
	case errors.Is(cause, exec.ErrNotFound), errors.Is(cause, fs.ErrNotExist):
		return fmt.Sprintf("there is no tor program (%v). Install it, for example with: sudo apt-get install tor", cause)
	}
	return fmt.Sprintf("tor does not answer (%v). See its log in the state directory, tor/t1/log.", cause)
}

type versionCmd struct{}

// Run prints the version.
func (versionCmd) Run(s *streams) error {
	_, err := fmt.Fprintln(s.out, "onionbot", version)
	return err
}
