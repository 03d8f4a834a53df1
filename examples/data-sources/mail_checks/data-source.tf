data "mail_checks" "now" {
  from = mail_host.new.id
  checks = {
    imap = { kind = "imap", address = "192.0.2.25:143" }
    smtp = { kind = "smtp", address = "192.0.2.25:25" }
  }
}

output "imap" {
  value = data.mail_checks.now.results["imap"].ok
}
