resource "mail_sync" "store" {
  source = mail_host.old.id
  target = mail_host.new.id
  paths = {
    "/var/spool/cyrus/" = "/var/spool/cyrus/"
    "/var/lib/cyrus/"   = "/var/lib/cyrus/"
  }
  exclude = ["/tmp/"]
  delete  = true
  max_age = "24h"
  verify  = "quick"
}
