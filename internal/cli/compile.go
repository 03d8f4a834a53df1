package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/plan"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/report"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

// CompilerMaker makes what compiles changes, with products of these files or globs beside the built-in ones.
type CompilerMaker func(ctx context.Context, productFiles []string) (plan.Compiler, error)

// errCompileUsage: the words of a call are off.
var errCompileUsage = errors.New("usage: terraform-provider-mail compile [-format " + strings.Join(report.PlanFormats(), "|") +
	"] [-begin HH:MM] [-product-file FILE]… PLAN.json|-\nPLAN.json is the output of `terraform show -json PLANFILE`; - is standard input")

// texts is a flag that may be given again.
type texts []string

// String implements flag.Value.
func (t *texts) String() string { return strings.Join(*t, " ") }

// Set implements flag.Value.
func (t *texts) Set(text string) error {
	*t = append(*t, text)
	return nil
}

// Compile lays out what a plan does to mail servers: every step of all resources, in order and in time. It looks at no host. The exit code is 0, 2 for
// wrong use and for what is no plan, 1 for any other failure.
func Compile(ctx context.Context, args []string, compiler CompilerMaker, in io.Reader, out, errOut io.Writer) int {
	err := compilePlan(ctx, args, compiler, in, out, errOut)
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errCompileUsage), errors.Is(err, flag.ErrHelp):
		_, _ = fmt.Fprintln(errOut, err)
		return 2
	}
	_, _ = fmt.Fprintln(errOut, "compile:", err)
	if errors.Is(err, errOutput) {
		return 1
	}
	return 2
}

// errOutput: the document could not be written.
var errOutput = errors.New("write")

func compilePlan(ctx context.Context, args []string, makeCompiler CompilerMaker, in io.Reader, out, errOut io.Writer) error {
	flags := flag.NewFlagSet("compile", flag.ContinueOnError)
	flags.SetOutput(errOut)
	flags.Usage = func() {}
	format := flags.String("format", "text", strings.Join(report.PlanFormats(), ", "))
	begin := flags.String("begin", "00:00", "the time of day at which the apply is to begin")
	var products texts
	flags.Var(&products, "product-file", "a file with a product's entry, or a glob, as the provider's product_files")
	if err := flags.Parse(args); err != nil || flags.NArg() != 1 {
		return errors.Join(errCompileUsage, err)
	}
	if !slices.Contains(report.PlanFormats(), *format) {
		return fmt.Errorf("%w\n-format %s is not known", errCompileUsage, *format)
	}
	at, err := runbook.ParseTimeOfDay(*begin)
	if err != nil {
		return fmt.Errorf("%w\n-begin %w", errCompileUsage, err)
	}
	text, err := input(flags.Arg(0), in)
	if err != nil {
		return err
	}
	read, err := plan.Parse(text)
	if err != nil {
		return fmt.Errorf("%s: %w", named(flags.Arg(0)), err)
	}
	compiler, err := makeCompiler(ctx, append(plan.ProductFiles(read), products...))
	if err != nil {
		return fmt.Errorf("product files cannot be used (paths count from the working directory; see -product-file): %w", err)
	}
	document, err := plan.Compose(ctx, read, compiler, at)
	if err != nil {
		return fmt.Errorf("%s: %w", named(flags.Arg(0)), err)
	}
	written, err := report.Plan(document, *format)
	if err != nil {
		return err
	}
	if _, err := out.Write(written); err != nil {
		return fmt.Errorf("%w: %w", errOutput, err)
	}
	return nil
}

// input reads a file, or standard input where its name is "-".
func input(name string, in io.Reader) ([]byte, error) {
	if name == "-" {
		text, err := io.ReadAll(in)
		if err != nil {
			return nil, fmt.Errorf("read standard input: %w", err)
		}
		return text, nil
	}
	return os.ReadFile(filepath.Clean(name))
}

func named(file string) string {
	if file == "-" {
		return "standard input"
	}
	return file
}
