# Goes on when Terraform has ended; later plans tell how far it is.
resource "mail_job" "rebuild" {
  host     = mail_host.new.id
  command  = ["reconstruct", "-r"]
  progress = "([0-9]+)%"
  wait     = false
}
