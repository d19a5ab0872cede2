package tor

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"

	"onionbot/services"
)

// ours are options that a managed tor must have as we write them, or must not
// have at all, in lower case.
func ours() []string {
	return []string{
		// Where its files and sockets are, and who may open them.
		"datadirectory", "datadirectorygroupreadable", "keydirectory", "keydirectorygroupreadable",
		"cachedirectory", "cachedirectorygroupreadable", "controlsocket", "controlsocketsgroupwritable", "controlport",
		"controlportwritetofile", "socksport", "unixsocksgroupwritable", "cookieauthentication", "cookieauthfile",
		"cookieauthfilegroupreadable", "hashedcontrolpassword", "pidfile", "user", "runasdaemon",
		// What it serves, and to whom it is known.
		"hiddenservicedir", "hiddenservicenonanonymousmode", "hiddenservicesinglehopmode", "safelogging", "disablenetwork",
		"networkdisabled", // an alias
	}
}

// internal is how options begin that tor keeps for the programs that run it.
const internal = "_"

// checkInclude refuses lines that [CheckLine] refuses.
func checkInclude(lines []string) error {
	for _, line := range lines {
		if err := CheckLine(line); err != nil {
			return services.E(services.CodeBadConfig, "problem", err.Error())
		}
	}
	return nil
}

// CheckLine refuses a torrc line that would take a managed tor out of our
// hands. tor completes the beginning of a name to the first option that begins
// so, in any case of letters, so what could become one of ours is refused too.
// Errors are sentences for the operator, without the final dot.
func CheckLine(line string) error {
	if strings.ContainsAny(line, "\r\n\x00") {
		return errors.New("a torrc line has a line end in it")
	}
	option := optionOf(line)
	switch {
	case option == "":
		return nil
	case strings.HasPrefix(option, "."):
		return errors.New("a torrc line begins with a dot") // ends a command of the control protocol
	case strings.HasSuffix(strings.TrimRight(line, " \t\v\f"), "\\"):
		return errors.New("a torrc line ends with a backslash; write it as one line")
	case strings.EqualFold(option, "%include"):
		return errors.New("a torrc line includes another file; write its lines here")
	case strings.HasPrefix(option, internal):
		return fmt.Errorf("onionbot sets options such as %s itself; remove this line", option)
	}
	for _, name := range ours() {
		switch {
		case strings.EqualFold(option, name):
			return fmt.Errorf("onionbot sets %s itself; remove this line", option)
		case len(option) < len(name) && strings.EqualFold(option, name[:len(option)]):
			return fmt.Errorf("tor could take %s for an option that onionbot sets itself; write its name in full", option)
		}
	}
	return nil
}

// optionOf returns the name of the option in a line, as far as it is written,
// without the sign in front that adds to a list or empties it. It is empty for
// a comment.
func optionOf(line string) string {
	line = strings.TrimLeft(line, " \t\v\f")
	if end := strings.IndexAny(line, " \t\v\f#"); end >= 0 {
		line = line[:end]
	}
	return strings.TrimLeft(line, "+/")
}

// checkNames refuses lines whose option the tor program does not list under
// this very name: an abbreviation, an alias, or none at all. A program that
// cannot list its options is left to [CheckLine].
func checkNames(ctx context.Context, program string, lines []string) error {
	if len(lines) == 0 {
		return nil
	}
	out, err := exec.CommandContext(ctx, program, "--list-torrc-options").Output()
	if err != nil {
		return ctx.Err()
	}
	known := strings.Fields(strings.ToLower(string(out)))
	slices.Sort(known)
	for _, line := range lines {
		option := optionOf(line)
		if _, found := slices.BinarySearch(known, strings.ToLower(option)); !found && option != "" {
			return services.E(services.CodeBadConfig, "problem",
				fmt.Sprintf("tor has no option %s; correct the torrc line, and write the name in full", option))
		}
	}
	return nil
}
