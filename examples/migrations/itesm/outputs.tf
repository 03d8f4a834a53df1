output "version" {
  description = "The version that serves."
  value       = mail_upgrade.cpms.version
}

output "status" {
  description = "How the upgrade stands."
  value       = mail_upgrade.cpms.status
}

output "active_hosts" {
  description = "The hosts whose services run."
  value       = mail_upgrade.cpms.active_hosts
}

output "drift" {
  description = "What is not as declared."
  value       = mail_upgrade.cpms.drift
}

output "timetable" {
  description = "The last run as a timetable that begins at 09:00, as the document's does."
  value       = provider::mail::timetable(mail_upgrade.cpms.last_run, "09:00")
}
