data "mail_checks" "now" {
  from = mail_host.new.id
  checks = {
    imap = { kind = "imap", address = "192.0.2.25:143" }
    smtp = { kind = "smtp", address = "192.0.2.25:25" }
    # TF_MAIL_PASSWORDS='{"probe@example.org": "…"}' in the environment has the mailbox's password.
    mail = { kind = "deliver", address = "192.0.2.25:25", expect = "probe@example.org" }
  }
}

output "imap" {
  value = data.mail_checks.now.results["imap"].ok
}
