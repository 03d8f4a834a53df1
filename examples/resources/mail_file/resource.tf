# Lines that are there once, beside what else the file holds.
resource "mail_file" "services" {
  host   = mail_host.new.id
  path   = "/etc/services"
  lines  = ["imap 143/tcp", "adrshd 20141/tcp"]
  owner  = "root:root"
  mode   = "0644"
  reload = "ssh"
}

# All of a file.
resource "mail_file" "locals" {
  host    = mail_host.old.id
  path    = "/var/qmail/control/locals"
  content = "localhost\n"
}

# Texts that others take the place of.
resource "mail_file" "mailname" {
  host    = mail_host.new.id
  path    = "/etc/mailname"
  replace = [{ from = "new.example.org", to = "mail.example.org" }]
}
