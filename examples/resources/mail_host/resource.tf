# The key is in known_hosts.
resource "mail_host" "old" {
  addresses = ["192.0.2.21", "old.example.org"]
}

# The key is given here; the host is behind a jump host and its user becomes root by sudo.
resource "mail_host" "new" {
  addresses = ["192.0.2.22"]
  user      = "admin"
  host_key  = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPh32CBaG/ATxliM0YiYQpJ6bw1z9Fxnfs+NOmWj/xoO"
  jump      = "ssh://ops@bastion.example.org:22"
  become    = "sudo"
}
