package provider

import "github.com/hashicorp/terraform-plugin-framework/types"

// cutoverModel is mail_cutover.
type cutoverModel struct {
	common
	Name    types.String `tfsdk:"name"`
	Source  types.String `tfsdk:"source"`
	Target  types.String `tfsdk:"target"`
	Active  types.String `tfsdk:"active"`
	Product types.String `tfsdk:"product"`

	Syncs    types.List `tfsdk:"syncs"`
	Dumps    types.List `tfsdk:"dumps"`
	Files    types.List `tfsdk:"files"`
	Accounts types.List `tfsdk:"accounts"`

	Unwatched types.List `tfsdk:"unwatched"`

	StopOrder  types.List   `tfsdk:"stop_order"`
	StartOrder types.List   `tfsdk:"start_order"`
	Quiesce    types.List   `tfsdk:"quiesce"`
	Identity   types.Object `tfsdk:"identity"`
	LateMail   types.String `tfsdk:"late_mail"`
	Checks     types.Map    `tfsdk:"checks"`
	Jobs       types.List   `tfsdk:"jobs"`

	Estimates        types.Object `tfsdk:"estimates"`
	Window           types.Object `tfsdk:"window"`
	OnFailure        types.Object `tfsdk:"on_failure"`
	HoldBefore       types.String `tfsdk:"hold_before"`
	Rehearse         types.Bool   `tfsdk:"rehearse"`
	Passwords        types.Map    `tfsdk:"passwords_wo"`
	PasswordsVersion types.Int64  `tfsdk:"passwords_wo_version"`
	Finalized        types.Bool   `tfsdk:"finalized"`
	OnDestroy        types.String `tfsdk:"on_destroy"`

	PredictedOutage types.String `tfsdk:"predicted_outage"`
	Outage          types.String `tfsdk:"outage"`
	Ledger          types.Map    `tfsdk:"ledger"`
	Reversible      types.String `tfsdk:"reversible"`
	ActiveAddress   types.String `tfsdk:"active_address"`
	Digest          types.String `tfsdk:"digest"`

	unfinished string // the committed move that nobody has brought to its end, as the hosts say; not in the state
}

// placedModel is a service on a host.
type placedModel struct {
	Host    types.String `tfsdk:"host"`
	Service types.String `tfsdk:"service"`
}

type checkModel struct {
	Kind    types.String `tfsdk:"kind"`
	Address types.String `tfsdk:"address"`
	From    types.String `tfsdk:"from"`
	Expect  types.String `tfsdk:"expect"`
	Timeout types.String `tfsdk:"timeout"`
	Refused types.Bool   `tfsdk:"refused"`
	Command types.List   `tfsdk:"command"`
}

type jobModel struct {
	Host       types.String `tfsdk:"host"`
	Command    types.List   `tfsdk:"command"`
	BeforeOpen types.Bool   `tfsdk:"before_open"`
}

type estimatesModel struct {
	Stop  types.String `tfsdk:"stop"`
	Start types.String `tfsdk:"start"`
}

type windowModel struct {
	NotBefore     types.String `tfsdk:"not_before"`
	NotAfter      types.String `tfsdk:"not_after"`
	OutageBudget  types.String `tfsdk:"outage_budget"`
	ConfirmWithin types.String `tfsdk:"confirm_within"`
	Drain         types.String `tfsdk:"drain"`
}

type onFailureModel struct {
	Action    types.String `tfsdk:"action"`
	CarryBack types.String `tfsdk:"carry_back"`
}
