resource "mail_mount" "root" {
  host    = mail_host.new.id
  device  = "/dev/vdb1"
  path    = "/opt/criticalpath/nfs"
  type    = "ext4"
  options = ["noatime"]
}

# A directory at a second place.
resource "mail_mount" "templates" {
  host    = mail_host.new.id
  device  = "/srv/templates"
  path    = "/opt/criticalpath/templates"
  type    = "none"
  options = ["bind", "ro"]
}
