output "status" {
  description = "How the cutover stands: settled, drifted, backed-out, halted, failed or unsettled."
  value       = mail_cutover.bluemind.status
}

output "active_address" {
  description = "Where the serving side is reached."
  value       = mail_cutover.bluemind.active_address
}

output "reversible" {
  description = "Until when, and at what loss, service can go back."
  value       = mail_cutover.bluemind.reversible
}

output "predicted_outage" {
  description = "What the last planned move was expected to cost, as a duration."
  value       = mail_cutover.bluemind.predicted_outage
}

output "outage" {
  description = "What the last move cost, as a duration."
  value       = mail_cutover.bluemind.outage
}

output "ledger" {
  description = "The account of every message in the last move."
  value       = mail_cutover.bluemind.ledger
}

output "drift" {
  description = "What was found on the hosts that is not as declared."
  value       = mail_cutover.bluemind.drift
}

output "last_run" {
  description = "The last run, step by step."
  value       = mail_cutover.bluemind.last_run
}
