# Nothing may run on the target while data is copied to it.
resource "mail_service" "postfix" {
  host       = mail_host.new.id
  name       = "postfix"
  running    = false
  enabled    = false
  on_destroy = "restore"
}

# A product with commands of its own.
resource "mail_service" "bm" {
  host           = mail_host.new.id
  name           = "bm"
  start          = ["bmctl", "start"]
  stop           = ["bmctl", "stop"]
  status_command = ["bmctl", "status"]
  running        = false
}
