resource "mail_file_set" "config" {
  source  = mail_host.old.id
  target  = mail_host.new.id
  paths   = ["/etc/bm/**", "/etc/imapd*", "/etc/postfix/main.cf"]
  rewrite = [{ in = "/etc/postfix/main.cf", from = "192.0.2.21", to = "192.0.2.22" }]
  keep    = [{ in = "/etc/bm/bm.ini", keys = ["db.password"] }]
}
