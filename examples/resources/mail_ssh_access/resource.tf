# The new host may copy from and to /home on the old one by rsync, for four hours.
resource "mail_ssh_access" "copy" {
  source            = mail_host.new.id
  target            = mail_host.old.id
  command           = "rsync"
  paths             = ["/home/"]
  expires_after     = "4h"
  permit_root_login = "prohibit-password"
}

# One command, whatever is asked for.
resource "mail_ssh_access" "report" {
  source        = mail_host.new.id
  target        = mail_host.old.id
  command       = "postqueue -p"
  expires_after = "30m"
}
