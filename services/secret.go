package services

import "log/slog"

// Secret is a string that does not print itself: bot tokens, keys. Use
// [Secret.Reveal] at the one place that needs the value.
type Secret string

// Reveal returns the value.
func (s Secret) Reveal() string { return string(s) }

// String hides the value from fmt.
func (s Secret) String() string { return "<secret>" }

// GoString hides the value from %#v.
func (s Secret) GoString() string { return "<secret>" }

// LogValue hides the value from slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue("<secret>") }

// MarshalText hides the value from encoders.
func (s Secret) MarshalText() ([]byte, error) { return []byte("<secret>"), nil }
