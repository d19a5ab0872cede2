// Package command is the language that people type: one table of commands,
// the grammar that reads a line by it, durations and clock times. It knows no
// network, no chat and no reply.
package command
