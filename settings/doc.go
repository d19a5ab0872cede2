// Package settings reads the TOML files that operators write by hand, and says
// what is wrong with one in words that tell how to mend it: all of it at once,
// each with its line.
package settings
