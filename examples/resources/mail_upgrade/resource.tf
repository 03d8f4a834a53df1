# Created with the version that is found. Then version = "7.1" and apply: both hops, one after the other.
resource "mail_upgrade" "cpms" {
  name    = "cpms-2004"
  product = "cpms"
  version = "6.7"

  hosts = {
    mailconf2   = { id = mail_host.old.id, role = "config", active = true, strategy = "in_place" }
    mailserver1 = { id = mail_host.new.id, role = "mta", active = true, strategy = "in_place" }
  }
  hops = ["7.0", "7.1"]

  # Before each hop, read back; a hop that fails restores it.
  backup = {
    paths     = ["/opt/criticalpath/nfs/data", "/opt/criticalpath/nfs/www/mail/templates", "/etc/nplex"]
    directory = "/var/backups/mail"
  }
  # Before the first hop: another partition for the cluster's root.
  storage = {
    device        = "/dev/vdb1"
    path          = "/opt/criticalpath/nfs"
    previous_path = "/opt/criticalpath/nfs.old"
    copy          = ["data/", "logs/", "www/"]
  }
  quiesce = [{ host = mail_host.old.id, service = "account-creation" }]
  checks = {
    imap = { kind = "imap", address = "192.0.2.22:143" }
  }
  jobs = [{ host = mail_host.old.id, command = ["cpmsctl", "rebuild"] }]

  # With these a plan is a timetable: terraform-provider-mail compile -begin 09:00.
  estimates = {
    quiesce = "10m"
    stop    = "20m"
    backup  = "30m"
    mount   = "5m"
    copy    = "30m"
    install = "60m"
    start   = "20m"
    recover = "40m"
    jobs    = "390m"
    verify  = "20m"
  }
  window     = { not_before = "2004-12-27T09:00:00Z", outage_budget = "8h" }
  on_failure = { action = "back_out" }
}
