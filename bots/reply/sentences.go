package reply

import (
	"errors"
	"fmt"
	"strings"

	"onionbot/bots"
	"onionbot/bots/command"
	"onionbot/services"
)

// Failure is the reply to a command that was not carried out.
func (r *Renderer) Failure(err error) bots.Reply {
	var e *services.Error
	if !errors.As(err, &e) {
		e = services.E(services.CodeInternal)
	}
	reply := bots.Reply{Text: sentence(e), Error: true}
	if s := e.Args["suggestion"]; s != "" {
		reply.Buttons = suggestionButtons(e.Code, tame(s, quoteLimit))
	}
	return reply
}

func suggestionButtons(code services.Code, s string) [][]bots.Button {
	switch code {
	case services.CodeUnknownService, services.CodeNotAllowed:
		return [][]bots.Button{{button("Start "+s, "start "+s)}}
	}
	return nil
}

// sentence is what happened and what to type, for every code.
func sentence(e *services.Error) string {
	arg := func(name string) string { return tame(e.Args[name], quoteLimit) }
	switch e.Code {
	case services.CodeEmpty:
		return `That was an empty message. Type "help" to see what you can say.`
	case services.CodeUnknownCommand:
		return fmt.Sprintf("I don't know %s.%s Type \"help\" to see what you can say.", quote(e.Args["word"]), maybe(arg("suggestion")))
	case services.CodeUsage:
		return usageSentence(command.Verb(e.Args["command"]), e.Args["word"])
	case services.CodeUnknownService, services.CodeNotAllowed:
		return fmt.Sprintf("There is no service %s.%s Type \"services\" to see what you can start.", quote(e.Args["word"]), maybe(arg("suggestion")))
	case services.CodeUnknownName:
		if strings.HasPrefix(e.Args["word"], "#") { // a button of something that has ended
			return `That one has ended already. Type "list" to see what runs.`
		}
		return fmt.Sprintf("Nothing called %s is running.%s Type \"list\" to see what runs.", quote(e.Args["word"]), maybe(arg("suggestion")))
	case services.CodeBadName:
		return fmt.Sprintf("%s can't be a name. Use up to 32 letters, digits and hyphens, as in \"start site as blog\".", quote(e.Args["word"]))
	case services.CodeNameTaken:
		return fmt.Sprintf("%s is running already, as a %s. Choose another name with \"as <name>\", or stop it first.",
			quote(e.Args["name"]), arg("service"))
	case services.CodeAmbiguous:
		return fmt.Sprintf("Which one: %s? Type the name behind the command, as in \"%s\".", tame(e.Args["names"], 200), arg("example"))
	case services.CodeNothingRunning:
		return `Nothing is running. Type "services" to see what you can start.`
	case services.CodeEnding:
		return fmt.Sprintf("%s is ending already. When it is gone, type \"start\" again.", quote(e.Args["name"]))
	case services.CodeTooFast:
		return "That was too much at once: I took the first messages and passed over the rest. Wait a minute, then send again what still matters."
	case services.CodeTooLate:
		return "That answer came after more than 2 minutes, so nothing was done. Type the command again if you still want it."
	case services.CodeTooOld:
		return "That message waited too long, so I did nothing. Send it again if you still want it."
	}
	if s := limitSentence(e, arg); s != "" {
		return s
	}
	if s := jointSentence(e, arg); s != "" {
		return s
	}
	if s := peopleSentence(e, arg); s != "" {
		return s
	}
	return machineSentence(e)
}

// limitSentence is for what was understood and is not possible.
func limitSentence(e *services.Error, arg func(string) string) string {
	switch e.Code {
	case services.CodeBadDuration:
		switch e.Args["why"] {
		case "past":
			return fmt.Sprintf("%s is in the past. Type a time to come, as in \"until 18:00\".", quote(e.Args["word"]))
		case "clock":
			return fmt.Sprintf("I can't read %s as a time of day. Type something like 18:00, 6pm or tomorrow 9:00.", quote(e.Args["word"]))
		case "long":
			return fmt.Sprintf("%s is too long. Type something like 2h or 3 days.", quote(e.Args["word"]))
		}
		return fmt.Sprintf("I can't read %s as a time. Type something like 30m, 2h or 1 day.", quote(e.Args["word"]))
	case services.CodeTooShort:
		if ends := arg("ends"); ends != "" {
			return fmt.Sprintf("It lives until %s anyway. Type a later time, or how much longer, as in \"more 2h\".", ends)
		}
		return fmt.Sprintf("That is too short: at least %s, please.", spanArg(e.Args["min"]))
	case services.CodeTooLong:
		s := fmt.Sprintf("That is too long: %s is the most for you here, counted from the start.", spanArg(e.Args["max"]))
		switch left := e.Args["left"]; {
		case left == "0s":
			s += " It has that already."
		case left != "":
			s += fmt.Sprintf(" You can add up to %s.", spanArg(left))
		}
		return s
	case services.CodeTooMany:
		if arg("needs") != "" && arg("needs") != "1" {
			return placesSentence(arg)
		}
		switch n := arg("ending"); n {
		case "":
		case "1":
			return fmt.Sprintf("You may have %s at once, and one is still being taken down. Try again when I have told you that it is gone.", arg("max"))
		default:
			return fmt.Sprintf("You may have %s at once, and %s are still being taken down. Try again when I have told you that they are gone.", arg("max"), n)
		}
		return fmt.Sprintf("You have as many running as you may (%s). Stop one first: type \"list\" to see them%s.", arg("max"), roomIn(e, ", or wait: the first ends in %s"))
	case services.CodeTooOften:
		return fmt.Sprintf("You have started as many within a day as you may (%s). You can start another in %s; \"more 2h\" keeps what runs.", arg("max"), spanArg(e.Args["room"]))
	case services.CodeFull:
		return fmt.Sprintf("This server is full right now. Try again when something else has ended%s.", roomIn(e, ", in %s at the latest"))
	case services.CodeNoSSHKeys:
		return "For that I need a public ssh key of yours. Send the line of your .pub file: key add ssh-ed25519 AAAA…; a private key is never needed."
	case services.CodeTextTooLong:
		return fmt.Sprintf("That is too long: at most %s characters. Type \"help\" to see what you can say.", arg("max"))
	case services.CodeBadContent:
		return contentSentence(e)
	case services.CodeNoContent:
		return fmt.Sprintf("%s takes no files. Send them with \"start site\".", quote(e.Args["service"]))
	}
	return ""
}

// roomIn says when there is room again, if that is known.
func roomIn(e *services.Error, format string) string {
	if e.Args["room"] == "" {
		return ""
	}
	return fmt.Sprintf(format, spanArg(e.Args["room"]))
}

// peopleSentence is for commands about users.
func peopleSentence(e *services.Error, arg func(string) string) string {
	switch e.Code {
	case services.CodeUnknownPerson:
		return fmt.Sprintf("There is nobody called %s here.%s Type \"users\" to see who is.", quote(e.Args["name"]), maybe(arg("suggestion")))
	case services.CodeKnownPerson:
		return fmt.Sprintf("%s is here already. Type \"user %s\" to see them, or invite somebody under another name.", quote(e.Args["name"]), arg("name"))
	case services.CodeConfigured:
		return fmt.Sprintf("%s stands in the configuration, which only its file changes. Edit it on the server, then type \"onionbot reload\" there.", quote(e.Args["name"]))
	case services.CodeNotReloaded:
		return fmt.Sprintf("Nothing was changed: %s. Correct the file, then type \"reload\" again.", strings.TrimRight(tame(e.Args["problem"], 400), "."))
	case services.CodeNotYours:
		return fmt.Sprintf("%s is somebody else's; you may look at it and keep it longer. Type \"list\" to see what is yours.", quote(e.Args["name"]))
	case services.CodeBadKey:
		return keySentence(e.Args["reason"])
	case services.CodeNoOnionKey, services.CodeTooManyKeys, services.CodeAdmitsOthers, services.CodeNotPrivate, services.CodeNotAllowedIn, services.CodeLastClient:
		return privateSentence(e, arg)
	case services.CodeNoInvite:
		return fmt.Sprintf("No code is waiting for %s. Type \"invites\" to see for whom.", quote(e.Args["name"]))
	}
	return ""
}

// machineSentence is for what is not the user's fault. Codes that only an
// operator can meet, at start, read like any other fault of ours.
func machineSentence(e *services.Error) string {
	switch e.Code {
	case services.CodeUnavailable:
		switch e.Args["what"] {
		case "docker":
			return "The container engine on the server does not answer. Nothing was changed; try again in a minute."
		case "tor":
			return "tor on the server does not answer. Nothing was changed; try again in a minute."
		}
		return "Something on the server does not answer. Nothing was changed; try again in a minute."
	case services.CodeReadOnlyState:
		return "The server's disk refuses writes. Nothing was changed; the operator has to look at it."
	}
	return "Something went wrong on the server, and nothing was changed. Try again; if it stays like this, tell the operator."
}

func usageSentence(verb command.Verb, word string) string {
	e, known := command.Lookup(verb)
	if !known {
		return `I don't understand that. Type "help" to see what you can say.`
	}
	how := fmt.Sprintf("Type: %s", e.Usage)
	if len(e.Examples) > 0 {
		how += fmt.Sprintf(", for example \"%s\"", e.Examples[0].Line)
	}
	if word == "" {
		return fmt.Sprintf("\"%s\" needs a bit more. %s.", e.Name, how)
	}
	return fmt.Sprintf("I don't understand %s there. %s.", quote(word), how)
}

func maybe(suggestion string) string {
	if suggestion == "" {
		return ""
	}
	return fmt.Sprintf(" Did you mean \"%s\"?", suggestion)
}
