# First apply: active = "source". Then "target", which moves the service; and back.
resource "mail_cutover" "bluemind" {
  name    = "bluemind-2026"
  source  = mail_host.old.id
  target  = mail_host.new.id
  active  = "source"
  product = "bluemind"

  syncs = [mail_sync.store]
  dumps = [mail_db_dump.bj]
  files = [mail_file_set.config]

  identity = {
    mode         = "take_over"
    addresses    = ["192.0.2.25/24"]
    park_address = "192.0.2.121/24"
  }

  checks = {
    imap = { kind = "imap", address = "192.0.2.25:143", timeout = "10s" }
    smtp = { kind = "smtp", address = "192.0.2.25:25", timeout = "10s" }
  }

  estimates  = { stop = "1m", start = "2m" }
  window     = { outage_budget = "10m", confirm_within = "15m", drain = "10s" }
  on_failure = { action = "back_out", carry_back = "exact" }
}

output "outage" {
  value = mail_cutover.bluemind.outage
}

# Two hosts change roles: afterwards each has the other one's name and address. Both mail_host resources list both addresses.
resource "mail_cutover" "roles" {
  name    = "roles-2026"
  source  = mail_host.old.id
  target  = mail_host.new.id
  active  = "source"
  product = "postfix"

  syncs = [mail_sync.store]

  identity = {
    mode         = "exchange"
    addresses    = ["192.0.2.21/24"] # old's
    park_address = "192.0.2.22/24"   # new's
    hostnames    = { old = "old", new = "new" }
    rewrite_in   = ["/etc/hosts", "/etc/mailname", "/var/named/**"]
  }

  checks = {
    smtp = { kind = "smtp", address = "192.0.2.21:25", timeout = "10s" }
  }
}
