package provider

import (
	"context"
	"fmt"
	"net/netip"
	"path"
	"regexp"
	"strings"
	"time"
	"unicode"

	"github.com/hashicorp/terraform-plugin-framework-validators/listvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/product"
)

// textRule is a validator of a string: wants says what is expected, check why a text is not that.
type textRule struct {
	wants string
	check func(text string) error
}

func (r textRule) Description(context.Context) string         { return "must be " + r.wants }
func (r textRule) MarkdownDescription(context.Context) string { return "must be " + r.wants }

func (r textRule) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	text := req.ConfigValue.ValueString()
	if err := r.check(text); err != nil {
		resp.Diagnostics.AddAttributeError(req.Path, "Not "+r.wants, fmt.Sprintf("%s: %q is not %s: %s.", req.Path, text, r.wants, err))
	}
}

func isDuration() textRule {
	return textRule{"a duration", func(text string) error {
		d, err := time.ParseDuration(text)
		switch {
		case err != nil:
			return fmt.Errorf("write a number and a unit, such as 90s, 10m or 12h")
		case d < 0:
			return fmt.Errorf("it is negative")
		}
		return nil
	}}
}

func isHostID() textRule {
	form := regexp.MustCompile(`^SHA256:[A-Za-z0-9+/]{43}$`)
	return textRule{"a host's id", func(text string) error {
		if !form.MatchString(text) {
			return fmt.Errorf("a host is named by the fingerprint of its key, SHA256:…; write mail_host.NAME.id")
		}
		return nil
	}}
}

func isCIDR() textRule {
	return textRule{"an address with its prefix length", func(text string) error {
		if _, err := netip.ParsePrefix(text); err != nil {
			return fmt.Errorf("write it as 192.0.2.25/24 or 2001:db8::25/64")
		}
		return nil
	}}
}

func isAddress() textRule {
	return textRule{"an address without a port", func(text string) error {
		switch {
		case strings.TrimSpace(text) != text || text == "":
			return fmt.Errorf("it is empty or has blanks")
		case strings.Contains(text, "://"), strings.ContainsAny(text, "/@"):
			return fmt.Errorf("user, port and jump hosts have attributes of their own")
		}
		if _, err := netip.ParseAddr(strings.Trim(text, "[]")); err == nil {
			return nil
		}
		if strings.Contains(text, ":") {
			return fmt.Errorf("the port has an attribute of its own")
		}
		return nil
	}}
}

func isJump() textRule {
	form := regexp.MustCompile(`^ssh://([^@/:\s]+@)?(\[[0-9A-Fa-f:.]+\]|[^/:@\s]+)(:[0-9]{1,5})?$`)
	return textRule{"a chain of jump hosts", func(text string) error {
		for _, hop := range strings.Split(text, ",") {
			if !form.MatchString(hop) {
				return fmt.Errorf("%q should look like ssh://user@bastion.example.org:22; several are divided by commas, nearest first", hop)
			}
		}
		return nil
	}}
}

func isAbsolutePath() textRule {
	return textRule{"an absolute path", absolute}
}

// isOneLine is a validator of texts that hosts are told one a line, in columns.
func isOneLine() textRule {
	return textRule{"a text on one line", oneLine}
}

// oneLine reports why text would not arrive as it is where hosts read one a line, in columns.
func oneLine(text string) error {
	if i := strings.IndexFunc(text, unicode.IsControl); i >= 0 {
		return fmt.Errorf("it holds a tab, a line break or another control character (at byte %d)", i)
	}
	return nil
}

// absolute reports why text is no absolute path that names something below the root.
func absolute(text string) error {
	if err := oneLine(text); err != nil {
		return err
	}
	switch {
	case strings.TrimRightFunc(strings.TrimRight(text, "/"), unicode.IsSpace) != strings.TrimRight(text, "/"):
		return fmt.Errorf("it ends in a blank")
	case !strings.HasPrefix(text, "/"):
		return fmt.Errorf("it does not begin with a slash")
	case path.Clean(text) == "/":
		return fmt.Errorf("the root of the file system is too much")
	case strings.TrimSuffix(text, "/") != path.Clean(text):
		return fmt.Errorf("it holds empty, . or .. elements; write %s", path.Clean(text))
	}
	return nil
}

func isGlob() textRule {
	return textRule{"a pattern of absolute paths", func(text string) error {
		if err := oneLine(text); err != nil {
			return err
		}
		_, err := product.CompileGlob(text)
		return err
	}}
}

func isTime() textRule {
	return textRule{"a moment", func(text string) error {
		if _, err := time.Parse(time.RFC3339, text); err != nil {
			return fmt.Errorf("write it by RFC 3339, such as 2026-12-27T09:00:00Z")
		}
		return nil
	}}
}

func isRate() textRule {
	form := regexp.MustCompile(`^[0-9]+(\.[0-9]+)?[KMG]?$`)
	return textRule{"a rate", func(text string) error {
		if !form.MatchString(text) {
			return fmt.Errorf("write bytes a second, with K, M or G, such as 50M")
		}
		return nil
	}}
}

func isName() textRule {
	form := regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._@-]*$`)
	return textRule{"a name", func(text string) error {
		if !form.MatchString(text) {
			return fmt.Errorf("use letters, digits, dot, underscore, @ and hyphen, beginning with a letter or digit")
		}
		return nil
	}}
}

// isHostname is a validator of host names by RFC 1123, of one label or more; Linux takes 64 bytes.
func isHostname() textRule {
	form := regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?([.][A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$`)
	return textRule{"a host name", func(text string) error {
		switch {
		case len(text) > 64:
			return fmt.Errorf("it is longer than 64 bytes")
		case !form.MatchString(text):
			return fmt.Errorf("use letters, digits and hyphens, in labels divided by dots, none of which begins or ends in a hyphen")
		}
		return nil
	}}
}

func each(rule textRule) validator.List { return listvalidator.ValueStringsAre(rule) }

func treesValidators() []validator.Map {
	return []validator.Map{
		mapvalidator.SizeAtLeast(1),
		mapvalidator.KeysAre(isAbsolutePath()),
		mapvalidator.ValueStringsAre(isAbsolutePath()),
	}
}
