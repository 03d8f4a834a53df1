# Taken and read back before anything changes; two are kept.
resource "mail_backup" "before" {
  host      = mail_host.old.id
  paths     = ["/etc/nplex"]
  databases = [{ engine = "postgresql", name = "bj" }]
  snapshot  = "none"
  directory = "/var/backups/mail"
  retain    = 2
}

# A store on btrfs: a read-only snapshot, on the same file system, another one each day that an apply is made.
resource "mail_backup" "store" {
  host      = mail_host.old.id
  paths     = ["/srv/store"]
  snapshot  = "btrfs"
  directory = "/srv/snapshots"
  retain    = 7
  max_age   = "24h"
}
