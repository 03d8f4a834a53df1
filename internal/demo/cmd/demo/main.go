// Command demo moves a live mail server between two hosts of the lab and back, by terraform or tofu, and accounts for every message. `make demo` runs it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/demo"
)

func main() {
	os.Exit(run())
}

// run gives the exit code: 0 only if every message was found once and everything that was looked at was as it should be.
func run() int {
	options := demo.Options{Out: os.Stdout}
	flag.BoolVar(&options.Keep, "keep", false, "leave the lab and the files for a look")
	flag.StringVar(&options.Name, "name", "demo", "the lab's name")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	var err error
	if options.CLI, err = findCLI(); err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		return 1
	}
	verdict, err := demo.Run(ctx, options)
	switch {
	case err != nil && ctx.Err() != nil:
		fmt.Fprintln(os.Stderr, "demo: interrupted")
		return 1
	case err != nil:
		fmt.Fprintln(os.Stderr, "demo:", err)
		return 1
	}
	for _, fault := range verdict.Faults {
		fmt.Println("not as it should be:", fault)
	}
	for _, line := range verdict.Lines() {
		fmt.Println(line)
	}
	if !verdict.Good() {
		return 1
	}
	return 0
}

// findCLI is the CLI that the environment names, else the first on the path.
func findCLI() (string, error) {
	if path := os.Getenv("TF_ACC_TERRAFORM_PATH"); path != "" {
		return path, nil
	}
	for _, name := range []string{"terraform", "tofu"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("neither terraform nor tofu is on the path: run `make demo`, which sees to it")
}
