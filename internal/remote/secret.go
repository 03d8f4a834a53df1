package remote

import (
	"fmt"
	"io"
	"log/slog"
)

// redacted is what every way of printing a [Secret] gives.
const redacted = "[redacted]"

// Secret is a text that must not be seen: it prints as "[redacted]" through
// fmt with any verb, encoding/json, encoding.TextMarshaler and log/slog. It must
// not be the key of a map: encoding/json writes keys of a string type as they are.
type Secret string

var (
	_ fmt.Formatter  = Secret("")
	_ slog.LogValuer = Secret("")
)

// Reveal gives the text itself, to be handed to a standard input and nothing else.
func (s Secret) Reveal() string { return string(s) }

// String implements [fmt.Stringer].
func (Secret) String() string { return redacted }

// GoString implements [fmt.GoStringer].
func (Secret) GoString() string { return redacted }

// Format implements [fmt.Formatter], so that no verb reaches the text.
func (Secret) Format(f fmt.State, _ rune) {
	// A failing writer is the printer's concern: Format cannot return it.
	_, _ = io.WriteString(f, redacted)
}

// MarshalText implements [encoding.TextMarshaler].
func (Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// MarshalJSON implements [encoding/json.Marshaler].
func (Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }

// LogValue implements [slog.LogValuer].
func (Secret) LogValue() slog.Value { return slog.StringValue(redacted) }
