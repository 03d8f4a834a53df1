package demo

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// document writes the report of the move that the state holds: a page that stays when everything else of the demo is removed.
func (s *story) document(ctx context.Context) error {
	state, err := s.cli.run(ctx, []int{0}, "show", "-json")
	if err != nil {
		return err
	}
	file, err := os.CreateTemp("", "mail-demo-report-*.html")
	if err != nil {
		return err
	}
	report := exec.CommandContext(ctx, filepath.Join(s.space.dir, "bin", "terraform-provider-mail"), "report", "-format", "html", "-") //nolint:gosec // built here
	var said strings.Builder
	report.Stdin, report.Stdout, report.Stderr = strings.NewReader(state.stdout), file, &said
	if err := errors.Join(report.Run(), file.Close()); err != nil {
		return fmt.Errorf("write the report: %w\n%s", err, said.String())
	}
	s.say("the report of the second cutover, predicted against measured, is in %s", file.Name())
	return nil
}
