package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab/bluemind"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab/client"
)

// mailOptions are the flags of the client's sub-commands.
type mailOptions struct {
	*options
	address string
	users   int
}

func (o mailOptions) target() (client.Target, error) {
	l, err := o.open()
	if err != nil {
		return client.Target{}, err
	}
	return bluemind.Target(l, o.address, o.users)
}

func (o mailOptions) sql(host string) (client.SQL, error) {
	l, err := o.open()
	if err != nil {
		return nil, err
	}
	h, err := l.Host(host)
	if err != nil {
		return nil, err
	}
	return bluemind.SQL(h), nil
}

func clientCommand(o *options) *cobra.Command {
	m := &mailOptions{options: o}
	cmd := &cobra.Command{Use: "client", Short: "Send and read mail from the lab's client, and account for it"}
	cmd.PersistentFlags().StringVar(&m.address, "address", bluemind.ServiceAddress, "the service's address")
	cmd.PersistentFlags().IntVar(&m.users, "users", 0, "mailboxes (default 20)")
	cmd.AddCommand(runCommand(m), reportCommand(m), snapshotCommand(m), diffCommand(), mutateCommand(m), verifyCommand(m))
	return cmd
}

func runCommand(m *mailOptions) *cobra.Command {
	var load client.Load
	var duration time.Duration
	cmd := &cobra.Command{
		Use: "run DIRECTORY", Short: "Send and probe, and write down what happens", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			t, err := m.target()
			if err != nil {
				return err
			}
			ctx := cmd.Context()
			if duration > 0 {
				var cancel context.CancelFunc
				ctx, cancel = context.WithTimeout(ctx, duration)
				defer cancel()
			}
			if err := os.MkdirAll(args[0], 0o755); err != nil { //nolint:gosec // nothing secret
				return err
			}
			load.Run = time.Now().UTC().Format("20060102T150405.000")
			return t.Work(ctx, client.Record{Dir: args[0]}, load, client.Probes{})
		},
	}
	cmd.Flags().DurationVar(&duration, "duration", 0, "end after this time (default: when interrupted)")
	cmd.Flags().IntVar(&load.Workers, "workers", 0, "senders side by side (default 4)")
	cmd.Flags().DurationVar(&load.Interval, "interval", 0, "between two messages of one sender (default 200ms)")
	cmd.Flags().IntVar(&load.Limit, "limit", 0, "messages in all (default: no limit)")
	return cmd
}

func reportCommand(m *mailOptions) *cobra.Command {
	var patience time.Duration
	cmd := &cobra.Command{
		Use: "report DIRECTORY", Short: "Look for every message; exit 1 when one is lost or doubled", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			t, err := m.target()
			if err != nil {
				return err
			}
			report, err := client.Record{Dir: args[0]}.Report(cmd.Context(), t, patience)
			if err != nil {
				return err
			}
			out := json.NewEncoder(cmd.OutOrStdout())
			out.SetIndent("", "  ")
			if err := out.Encode(report); err != nil {
				return err
			}
			if !report.Ledger.Whole() {
				return exitError(1)
			}
			return nil
		},
	}
	cmd.Flags().DurationVar(&patience, "patience", 10*time.Second, "how long mail may still be on its way")
	return cmd
}

func snapshotCommand(m *mailOptions) *cobra.Command {
	return &cobra.Command{
		Use: "snapshot FILE", Short: "Write down everything that users see", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			t, err := m.target()
			if err != nil {
				return err
			}
			s, err := t.Snapshot(cmd.Context())
			if err != nil {
				return err
			}
			return writeJSON(args[0], s)
		},
	}
}

func diffCommand() *cobra.Command {
	var arrivals bool
	cmd := &cobra.Command{
		Use: "diff FILE FILE", Short: "Compare two snapshots; exit 1 when they differ", Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			var before, after client.Snapshot
			if err := errors.Join(readJSON(args[0], &before), readJSON(args[1], &after)); err != nil {
				return err
			}
			return differences(cmd, client.Diff(before, after, arrivals))
		},
	}
	cmd.Flags().BoolVar(&arrivals, "arrivals", false, "new mail is no difference")
	return cmd
}

func mutateCommand(m *mailOptions) *cobra.Command {
	var change client.Change
	cmd := &cobra.Command{
		Use: "mutate DIRECTORY HOST", Args: cobra.ExactArgs(2),
		Short: "Do what users do, with rows in HOST's databases; write what must stay so to expectation.json",
		RunE: func(cmd *cobra.Command, args []string) error {
			t, err := m.target()
			if err != nil {
				return err
			}
			sql, err := m.sql(args[1])
			if err != nil {
				return err
			}
			book, err := client.OpenBook(client.Record{Dir: args[0]}.Mail())
			if err != nil {
				return err
			}
			e, err := t.Mutate(cmd.Context(), change, sql, book)
			if err := errors.Join(err, book.Close()); err != nil {
				return err
			}
			return writeJSON(args[0]+"/expectation.json", e)
		},
	}
	cmd.Flags().StringVar(&change.Label, "label", "change-1", "goes into names and rows; another one each time")
	return cmd
}

func verifyCommand(m *mailOptions) *cobra.Command {
	return &cobra.Command{
		Use: "verify DIRECTORY HOST", Short: "Compare with expectation.json; exit 1 when something differs", Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			t, err := m.target()
			if err != nil {
				return err
			}
			sql, err := m.sql(args[1])
			if err != nil {
				return err
			}
			var e client.Expectation
			if err := readJSON(args[0]+"/expectation.json", &e); err != nil {
				return err
			}
			lines, err := t.Verify(cmd.Context(), e, sql)
			if err != nil {
				return err
			}
			return differences(cmd, lines)
		},
	}
}

func differences(cmd *cobra.Command, lines []string) error {
	for _, line := range lines {
		fmt.Fprintln(cmd.OutOrStdout(), line)
	}
	if len(lines) > 0 {
		return exitError(1)
	}
	return nil
}

func writeJSON(path string, value any) error {
	data, err := json.Marshal(value)
	if err != nil {
		return err
	}
	return os.WriteFile(path, data, 0o644) //nolint:gosec // nothing secret
}

func readJSON(path string, value any) error {
	data, err := os.ReadFile(path) //nolint:gosec // the caller's file
	if err != nil {
		return err
	}
	return json.Unmarshal(data, value)
}
