package executor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sethvargo/go-retry"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/operation"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/remote"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

// OperationError says which operation failed, where, and why.
type OperationError struct {
	ID, Sentence, Address string
	Exit                  int
	Reason                string
}

// Error implements error.
func (e *OperationError) Error() string {
	return fmt.Sprintf("%s (operation %s on %s): %s", e.Sentence, e.ID, e.Address, e.Reason)
}

// Is makes errors.Is tell the classes of failures apart.
func (e *OperationError) Is(target error) bool {
	switch {
	case errors.Is(target, ErrOperation):
		return true
	case errors.Is(target, ErrHeld):
		return e.Exit == exitHeld
	case errors.Is(target, ErrSuperseded):
		return e.Exit == exitSuperseded
	}
	return false
}

// step runs one operation on its host, or on the controller: a check, or what is done to records of a zone.
func (r *run) step(ctx context.Context, op runbook.Operation) (StepResult, error) {
	switch {
	case op.Host == "" && op.Kind == "check_service":
		return r.check(ctx, op)
	case op.Host == "":
		return r.dns(ctx, op)
	}
	h := r.hosts[op.Host]
	on, err := r.connection(ctx, op, h)
	if err != nil {
		return StepResult{}, err
	}
	stdin, cmd, err := r.command(ctx, op)
	if err != nil {
		return StepResult{}, err
	}
	drive := r.drive
	if op.Kind == operation.KindExchangeAddress {
		drive = r.follow
	}
	res, err := drive(ctx, h, on, op, stdin, cmd)
	if err != nil {
		return StepResult{}, fmt.Errorf("%s (operation %s on %s): %w", op.Sentence, op.ID, h.named(), err)
	}
	result, exit := parseSteps(string(res.Stdout))[op.ID], res.Exit
	if exit != 0 {
		return result, &OperationError{ID: op.ID, Sentence: op.Sentence, Address: h.named(), Exit: exit, Reason: hostError(res).Error()}
	}
	return result, nil
}

// connection is the run's ordinary connection to a host; the commit is made over a new one, to the new address.
func (r *run) connection(ctx context.Context, op runbook.Operation, h *managed) (*remote.Host, error) {
	if op.Stage != runbook.Commit || op.Role != declare.Target {
		return h.Host, nil
	}
	r.dialing.Lock()
	defer r.dialing.Unlock()
	if r.fresh != nil {
		return r.fresh, nil
	}
	var addresses []string
	for _, take := range r.book.Stage(runbook.Identity) {
		address, comes := comesTo(take)
		if !comes || take.Host != op.Host {
			continue
		}
		prefix, err := netip.ParsePrefix(address)
		if err != nil {
			return nil, fmt.Errorf("address of %s: %w", take.ID, err)
		}
		addresses = append(addresses, prefix.Addr().String())
	}
	fresh, err := h.Fresh(ctx, addresses)
	if err != nil && r.isCommitted() {
		return h.Host, nil // the commit was made; what is left may go any way
	}
	if err != nil {
		return nil, fmt.Errorf("reach the target over a new connection to its new address: %w", err)
	}
	r.fresh = fresh
	return fresh, nil
}

// dialAhead makes the commit's connection while the target starts, so that nobody waits for it in the outage. What fails here is tried again at the commit.
func (r *run) dialAhead(ctx context.Context, op runbook.Operation) {
	if op.Stage != runbook.Start {
		return
	}
	r.ahead.Do(func() {
		for _, commit := range r.book.Stage(runbook.Commit) {
			if commit.Kind == commitKind {
				r.dialed.Go(func() { _, _ = r.connection(ctx, commit, r.hosts[commit.Host]) })
			}
		}
	})
}

// drive runs the operation detached on the host and stays with it: a dropped connection is made again and the operation attached to, for as long as
// the run allows. That it took too long is never taken for success.
func (r *run) drive(ctx context.Context, h *managed, on *remote.Host, op runbook.Operation, stdin string, cmd remote.Command) (remote.Result, error) {
	var res remote.Result
	asks := "STDIN=" + strconv.Itoa(min(1, len(stdin)))
	flags := []string{"env", asks}
	again := r.again(op.Host)
	err := retry.Do(ctx, retry.BackoffFunc(func() (time.Duration, bool) { return again.Next() }), func(ctx context.Context) error {
		attempt := cmd
		if stdin != "" {
			attempt.Stdin = strings.NewReader(stdin)
		}
		attempt.Argv = append(slices.Clone(flags), "sh", h.program, "run", r.name, r.epochs[op.Host], op.ID)
		var err error
		res, err = on.Run(ctx, attempt)
		if err != nil && (errors.Is(err, remote.ErrConnectionLost) || errors.Is(err, remote.ErrUnreachable)) && ctx.Err() == nil {
			flags = []string{"env", "RESUME=1", asks}
			if errors.Is(err, remote.ErrConnectionLost) {
				again = r.again(op.Host) // it stood: the time to make it again counts from now
			}
			return retry.RetryableError(err)
		}
		return err
	})
	if err != nil {
		r.mu.Lock()
		r.away[op.Host] = r.committed
		r.mu.Unlock()
	}
	return res, err
}

// How long a dropped connection is tried again: a reboot's time, and no more than a moment for a host that has not come back after the commit.
const (
	reconnectWithin = 2 * time.Minute
	lookAgainWithin = time.Second
)

// again says when a connection is tried again, from now on.
func (r *run) again(host string) retry.Backoff {
	r.mu.Lock()
	defer r.mu.Unlock()
	within := reconnectWithin
	if r.away[host] {
		within = lookAgainWithin
	}
	return retry.WithMaxDuration(within, retry.WithCappedDuration(2*time.Second, retry.NewExponential(100*time.Millisecond)))
}

// command is what goes along with an operation: the forwarded key, and on standard input how the other side is reached.
func (r *run) command(ctx context.Context, op runbook.Operation) (string, remote.Command, error) {
	if op.Pull == nil {
		return "", remote.Command{}, nil
	}
	if op.Pull.Found != "" {
		r.mu.Lock()
		defer r.mu.Unlock()
		return recordLines(r.results[op.Pull.Found].Result), remote.Command{}, nil
	}
	other := r.hosts[op.Pull.From]
	var lines []string
	from := strings.Join(knownAddresses(other), ",")
	if op.Pull.Relay {
		from = "relay"
	}
	switch {
	case op.Pull.Passage != "":
		r.mu.Lock()
		admitted := r.results[op.Pull.Passage].Result["admit"]
		r.mu.Unlock()
		lines = []string{"admit " + admitted}
	case op.Pull.Told:
		for _, address := range knownAddresses(other) {
			lines = append(lines, "address "+address)
		}
	case op.Pull.Question != "":
		r.mu.Lock()
		question := r.results[op.Pull.Question].Result["question"]
		r.mu.Unlock()
		lines = []string{"question " + question, "from " + from}
	case op.Pull.Grants:
		lines = []string{"key " + r.lease.AuthorizedKey(), "from " + from}
	default:
		way, err := r.way(ctx, op, other)
		if err != nil {
			return "", remote.Command{}, err
		}
		lines = way
	}
	cmd := remote.Command{}
	if !op.Pull.Grants && !op.Pull.Told && op.Pull.Question == "" && op.Pull.Passage == "" {
		cmd.Agent = r.lease.Agent()
	}
	return strings.Join(lines, "\n") + "\n", cmd, nil
}

// way says how an operation reaches the other host, and with which password it logs in to a database there.
func (r *run) way(ctx context.Context, op runbook.Operation, other *managed) ([]string, error) {
	ep := other.Endpoint()
	address, port := other.Address(), portOf(ep)
	if op.Pull.Relay {
		relayed, err := r.relayed(ctx, r.hosts[op.Host], other)
		if err != nil {
			return nil, fmt.Errorf("%s (operation %s): %w", op.Sentence, op.ID, err)
		}
		address, port = relayAddress, relayed
	}
	lines := []string{"address " + address}
	if op.Kind == "make_question" { // it is asked later, when addresses may have moved
		for _, later := range knownAddresses(other)[1:] {
			lines = append(lines, "address "+later)
		}
	}
	lines = append(lines, "port "+strconv.Itoa(port), "user "+ep.User, "hostkey "+other.key)
	if op.Pull.Secret == "" {
		return lines, nil
	}
	secret, ok := r.opts.Secrets[op.Pull.Secret]
	if !ok {
		return nil, fmt.Errorf("operation %s needs the password of %s, and none is given", op.ID, op.Pull.Secret)
	}
	if strings.ContainsAny(secret, "\n\r") {
		return nil, fmt.Errorf("operation %s: the password of %s has a line break", op.ID, op.Pull.Secret)
	}
	return append(lines, "secret "+secret), nil
}

func portOf(ep remote.Endpoint) int {
	if ep.Port != 0 {
		return ep.Port
	}
	return 22
}

// named is the address that a host goes by for people: where it was reached, or, while it is not, the first that is declared.
func (h *managed) named() string {
	for _, address := range knownAddresses(h) {
		return address
	}
	return h.id
}

// knownAddresses lists the addresses from which a host may come: those declared, and the one it was reached at.
func knownAddresses(h *managed) []string {
	all := append([]string{h.Address()}, h.Endpoint().Addresses...)
	var out []string
	seen := map[string]bool{"": true}
	for _, a := range all {
		if !seen[a] {
			seen[a] = true
			out = append(out, a)
		}
	}
	return out
}

// parseSteps reads what the host-side program prints of operations: "op <id> <code> <seconds>", then lines "name=value".
func parseSteps(text string) map[string]StepResult {
	steps := map[string]StepResult{}
	id := ""
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if fields := strings.Fields(line); len(fields) == 4 && fields[0] == "op" {
			seconds, err := strconv.ParseFloat(fields[3], 64)
			if err != nil {
				seconds = 0
			}
			id = fields[1]
			steps[id] = StepResult{Seconds: seconds, Skipped: fields[2] == strconv.Itoa(exitSkipped), Result: map[string]string{}, Error: failure(fields[2])}
			continue
		}
		if name, value, ok := strings.Cut(line, "="); ok && id != "" {
			steps[id].Result[name] = value
		}
	}
	return steps
}

func failure(code string) string {
	if code == "0" || code == strconv.Itoa(exitSkipped) {
		return ""
	}
	return "exit code " + code
}

// check runs a check_service operation.
func (r *run) check(ctx context.Context, op runbook.Operation) (StepResult, error) {
	var c declare.Check
	if len(op.Args) != 1 {
		return StepResult{}, fmt.Errorf("operation %s: malformed", op.ID)
	}
	if err := json.Unmarshal([]byte(op.Args[0]), &c); err != nil {
		return StepResult{}, fmt.Errorf("operation %s: %w", op.ID, err)
	}
	answer := r.c.checkUntil(ctx, c, r.opts.Secrets)
	result := StepResult{Seconds: answer.Seconds, Result: map[string]string{"detail": answer.Detail}}
	if !answer.OK {
		return result, &OperationError{ID: op.ID, Sentence: op.Sentence, Address: "the controller", Exit: 1, Reason: answer.Detail}
	}
	return result, nil
}
