package provider

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// reader turns known values into plain ones and keeps what went wrong. The zero value is ready.
type reader struct{ errs []error }

// err joins what went wrong; nil: nothing.
func (r *reader) err() error { return errors.Join(r.errs...) }

func (r *reader) fail(err error) {
	if err != nil {
		r.errs = append(r.errs, err)
	}
}

// attributeError is a fault of a declaration, at the attribute that has it.
type attributeError struct {
	attribute string
	err       error
}

func (e *attributeError) Error() string { return e.err.Error() }
func (e *attributeError) Unwrap() error { return e.err }

// about says which attribute an error is about; nil stays nil.
func about(attribute string, err error) error {
	if err == nil {
		return nil
	}
	return &attributeError{attribute, err}
}

// blame makes diagnostics of an error: each fault at the attribute that has it, as far as that is known.
func blame(diags *diag.Diagnostics, summary string, err error) {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, one := range joined.Unwrap() {
			blame(diags, summary, one)
		}
		return
	}
	var at *attributeError
	if errors.As(err, &at) {
		diags.AddAttributeError(path.Root(at.attribute), summary, at.Error()+".")
		return
	}
	diags.AddError(summary, err.Error())
}

// duration is 0 for null.
func (r *reader) duration(name string, value types.String) time.Duration {
	if value.IsNull() || value.IsUnknown() {
		return 0
	}
	d, err := time.ParseDuration(value.ValueString())
	if err != nil {
		r.fail(fmt.Errorf("%s: %w", name, err))
	}
	return d
}

// moment is the zero time for null.
func (r *reader) moment(name string, value types.String) time.Time {
	if value.IsNull() || value.IsUnknown() {
		return time.Time{}
	}
	at, err := time.Parse(time.RFC3339, value.ValueString())
	if err != nil {
		r.fail(fmt.Errorf("%s: %w", name, err))
	}
	return at
}

// texts is nil for null.
func (r *reader) texts(name string, list types.List) []string {
	var out []string
	for _, element := range list.Elements() {
		text, ok := element.(types.String)
		if !ok {
			r.fail(fmt.Errorf("%s: an element is no string", name))
			continue
		}
		out = append(out, text.ValueString())
	}
	return out
}

// textMap is nil for null and for an empty map.
func (r *reader) textMap(name string, m types.Map) map[string]string {
	if len(m.Elements()) == 0 {
		return nil
	}
	out := make(map[string]string, len(m.Elements()))
	for key, element := range m.Elements() {
		text, ok := element.(types.String)
		if !ok {
			r.fail(fmt.Errorf("%s: an element is no string", name))
			continue
		}
		out[key] = text.ValueString()
	}
	return out
}

// objects reads a list of nested objects.
func objects[T any](r *reader, name string, list types.List) []T {
	var out []T
	for i, element := range list.Elements() {
		value, ok := element.(types.Object)
		if !ok {
			r.fail(fmt.Errorf("%s[%d] is no object", name, i))
			continue
		}
		out = append(out, object[T](r, fmt.Sprintf("%s[%d]", name, i), value))
	}
	return out
}

// object reads a nested object; the zero value, whose attributes are all null, for null.
func object[T any](r *reader, name string, value types.Object) T {
	var out T
	if !value.IsNull() && !value.IsUnknown() {
		r.fill(name, reflect.ValueOf(&out).Elem(), value.Attributes())
	}
	return out
}

// fill sets the fields of a struct from attributes, by their tags.
func (r *reader) fill(name string, into reflect.Value, attributes map[string]attr.Value) {
	for i := range into.NumField() {
		tag := into.Type().Field(i).Tag.Get("tfsdk")
		value := reflect.ValueOf(attributes[tag])
		if !value.IsValid() || !value.Type().AssignableTo(into.Field(i).Type()) {
			r.fail(fmt.Errorf("%s.%s is not of the type that is declared", name, tag))
			continue
		}
		into.Field(i).Set(value)
	}
}

// known reports whether a value holds nothing unknown.
func known(ctx context.Context, value attr.Value) bool {
	raw, err := value.ToTerraformValue(ctx)
	return err == nil && raw.IsFullyKnown()
}

// orText, orBool and orInt give the default of an attribute that a nested object leaves out.
func orText(value types.String, fallback string) string {
	if value.IsNull() || value.IsUnknown() {
		return fallback
	}
	return value.ValueString()
}

func orBool(value types.Bool, fallback bool) bool {
	if value.IsNull() || value.IsUnknown() {
		return fallback
	}
	return value.ValueBool()
}

func orInt(value types.Int64, fallback int) int {
	if value.IsNull() || value.IsUnknown() {
		return fallback
	}
	return int(value.ValueInt64())
}
