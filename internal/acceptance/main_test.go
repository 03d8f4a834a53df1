//go:build lab

package acceptance_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab"
)

// The roles in which the test binary starts itself again, by the environment variable named role.
const (
	role        = "MAIL_ACCEPTANCE_ROLE"
	roleWatch   = "watch"   // removes the lab when whoever started it is gone, however it ended
	roleOperate = "operate" // drives operations from inside the controller's network
)

// labName names the lab: "acc", or what MAIL_ACCEPTANCE_LAB says, where two runs shall stand side by side.
func labName() string {
	if name := os.Getenv("MAIL_ACCEPTANCE_LAB"); name != "" {
		return name
	}
	return "acc"
}

// suite is what TestMain prepares for the tests.
type suite struct {
	cli      string // terraform or tofu
	provider string // the folder with the provider's binary
	lab      *lab.Lab
	quiet    *quietMove
}

// shared is set once by TestMain.
var shared *suite

func TestMain(m *testing.M) {
	switch os.Getenv(role) {
	case roleWatch:
		os.Exit(watch())
	case roleOperate:
		os.Exit(operateInside())
	}
	os.Exit(runSuite(m))
}

func runSuite(m *testing.M) int {
	s, release, err := prepare()
	if err != nil {
		fmt.Fprintln(os.Stderr, "prepare the acceptance tests:", err)
		return 1
	}
	shared = s
	code := m.Run()
	if err := release(); err != nil {
		fmt.Fprintln(os.Stderr, "remove the lab:", err)
		return 1
	}
	return code
}

// prepare builds the provider and starts the watch, which removes the lab at the
// end, also after a panic, a time-out or a signal.
func prepare() (*suite, func() error, error) {
	s := &suite{cli: os.Getenv("TF_ACC_TERRAFORM_PATH")}
	if s.cli == "" {
		return nil, nil, errors.New("TF_ACC_TERRAFORM_PATH names no CLI: run the tests by .ci/lab-test")
	}
	dir, err := os.MkdirTemp("", "mail-acceptance-")
	if err != nil {
		return nil, nil, err
	}
	stop, err := startWatch(dir)
	if err != nil {
		return nil, nil, errors.Join(err, os.RemoveAll(dir))
	}
	s.provider = dir
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	build := exec.CommandContext(ctx, "go", "build", "-buildvcs=false", "-o", filepath.Join(dir, "terraform-provider-mail"), ".")
	build.Dir = filepath.Join("..", "..")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if said, err := build.CombinedOutput(); err != nil {
		return nil, nil, errors.Join(fmt.Errorf("build the provider: %w: %s", err, said), stop())
	}
	return s, stop, nil
}

// startWatch starts the watch in a session of its own. The pipe's other end closes with this process.
func startWatch(dir string) (func() error, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(context.Background(), "setsid", self)
	cmd.Env = append(os.Environ(), role+"="+roleWatch, "MAIL_ACCEPTANCE_DIR="+dir)
	alive, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	said, err := os.Create(filepath.Join(dir, "watch.log"))
	if err != nil {
		return nil, err
	}
	cmd.Stdout, cmd.Stderr = said, said
	// The process has its own descriptor from here on.
	if err := errors.Join(cmd.Start(), said.Close()); err != nil {
		return nil, err
	}
	return func() error {
		err := alive.Close()
		if waitErr := cmd.Wait(); waitErr != nil {
			text, readErr := os.ReadFile(said.Name())
			return errors.Join(err, readErr, fmt.Errorf("%w: %s", waitErr, text))
		}
		return err
	}, nil
}

// watch waits for the end of the tests and removes what they left.
func watch() int {
	var one [1]byte
	for {
		if _, err := os.Stdin.Read(one[:]); err != nil {
			break
		}
	}
	if err := removeLab(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if err := os.RemoveAll(os.Getenv("MAIL_ACCEPTANCE_DIR")); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// removeLab removes the lab of this package, if there is one.
func removeLab(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Minute)
	defer cancel()
	l, err := lab.Open(labName(), "")
	if errors.Is(err, lab.ErrUnknownLab) {
		return nil
	}
	if err != nil {
		return err
	}
	return l.Down(ctx)
}
