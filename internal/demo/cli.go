package demo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab"
)

// cli runs Terraform or OpenTofu in the lab's controller, in the workspace's root module.
type cli struct {
	path  string
	lab   *lab.Lab
	space workspace
	calls int
}

// result is what a call printed and how it ended.
type result struct {
	stdout string
	code   int
	log    string // the path of a copy of everything it printed
}

// run calls the CLI. An exit code other than those that are good is an error with what it printed.
func (c *cli) run(ctx context.Context, good []int, args ...string) (result, error) {
	c.calls++
	cmd := c.lab.Controller(ctx, append([]string{c.path}, args...)...)
	cmd.Dir = c.space.root()
	cmd.Env = append(os.Environ(), "TF_CLI_CONFIG_FILE="+c.space.config(), "CHECKPOINT_DISABLE=1", "TF_IN_AUTOMATION=1", "TF_INPUT=0")
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	r := result{stdout: stdout.String(), log: filepath.Join(c.space.logs(), fmt.Sprintf("%02d-%s.log", c.calls, args[0]))}
	if logErr := os.WriteFile(r.log, append(stdout.Bytes(), stderr.Bytes()...), 0o600); logErr != nil {
		return r, errors.Join(err, logErr)
	}
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return r, ctx.Err()
	case errors.As(err, &exit):
		r.code = exit.ExitCode()
	case err != nil:
		return r, fmt.Errorf("%s %s: %w", c.path, args[0], err)
	}
	for _, code := range good {
		if r.code == code {
			return r, nil
		}
	}
	said := strings.TrimSpace(stderr.String())
	if said == "" {
		said = strings.TrimSpace(r.stdout)
	}
	return r, fmt.Errorf("%s %s: exit code %d\n%s", filepath.Base(c.path), strings.Join(args, " "), r.code, said)
}

// warnings are the summaries of a call's warnings, each once. That the provider is taken from a folder is none of the story's.
func (r result) warnings() []string {
	var found []string
	seen := map[string]bool{}
	for line := range strings.Lines(r.stdout) {
		text, ok := strings.CutPrefix(strings.TrimSpace(line), "Warning: ")
		if ok && !seen[text] && !strings.Contains(text, "development overrides") {
			seen[text] = true
			found = append(found, text)
		}
	}
	return found
}

// planFile is where plan leaves its plan and apply finds it.
const planFile = "demo.tfplan"

// plan makes a plan and reads what it says of the cutover.
func (c *cli) plan(ctx context.Context) (plan, error) {
	r, err := c.run(ctx, []int{0, 2}, "plan", "-no-color", "-input=false", "-detailed-exitcode", "-out="+planFile)
	if err != nil {
		return plan{}, err
	}
	shown, err := c.run(ctx, []int{0}, "show", "-json", planFile)
	if err != nil {
		return plan{}, err
	}
	p, err := readPlan([]byte(shown.stdout))
	p.Changes, p.Warnings = r.code == 2, r.warnings()
	return p, err
}

// apply carries out the last plan and returns the CLI's closing line.
func (c *cli) apply(ctx context.Context) (string, error) {
	r, err := c.run(ctx, []int{0}, "apply", "-no-color", "-input=false", planFile)
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(r.stdout) {
		if strings.HasPrefix(line, "Apply complete!") {
			return strings.TrimSpace(line), nil
		}
	}
	return "", fmt.Errorf("apply ended without its closing line: see %s", r.log)
}

// state reads what the state says of the cutover.
func (c *cli) state(ctx context.Context) (cutover, error) {
	r, err := c.run(ctx, []int{0}, "show", "-json")
	if err != nil {
		return cutover{}, err
	}
	return readState([]byte(r.stdout))
}
