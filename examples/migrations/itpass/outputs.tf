output "status" {
  description = "How the cutover stands: settled, drifted, backed-out, halted, failed or unsettled."
  value       = mail_cutover.itpass.status
}

output "active_address" {
  description = "Where the serving side is reached."
  value       = mail_cutover.itpass.active_address
}

output "reversible" {
  description = "Until when, and at what loss, service can go back."
  value       = mail_cutover.itpass.reversible
}

output "predicted_outage" {
  description = "What the last planned move was expected to cost, as a duration."
  value       = mail_cutover.itpass.predicted_outage
}

output "outage" {
  description = "What the last move cost, as a duration."
  value       = mail_cutover.itpass.outage
}

output "ledger" {
  description = "The account of every message in the last move."
  value       = mail_cutover.itpass.ledger
}

output "drift" {
  description = "What was found on the hosts that is not as declared."
  value       = mail_cutover.itpass.drift
}

output "last_run" {
  description = "The last run, step by step."
  value       = mail_cutover.itpass.last_run
}

output "backups" {
  description = "How the rehearsals of the nightly backups went, by name, once new serves."
  value       = { for name, result in try(data.mail_checks.backup[0].results, {}) : name => { ok = result.ok, detail = result.detail } }
}
