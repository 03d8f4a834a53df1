resource "mail_accounts" "people" {
  source    = mail_host.old.id
  target    = mail_host.new.id
  uid_range = { from = 1000, to = 29999 }
  exclude   = ["gate"]
}
