# Dovecot behind Postfix, with the paths of Debian and Ubuntu. Mail in home
# directories travels as a tree of the user's own mail_sync.
product "dovecot" {
  title   = "Dovecot"
  version = ["dovecot", "--version"]

  service "postfix" {
    front          = true
    ports          = [25, 465, 587]
    stop_estimate  = "5s"
    start_estimate = "5s"
  }

  service "dovecot" {
    front          = true
    ports          = [143, 993, 110, 995, 4190]
    stop_estimate  = "5s"
    start_estimate = "5s"
  }

  # Postfix hands over to Dovecot, so it stops first and starts last.
  stop_order  = [["postfix"], ["dovecot"]]
  start_order = [["dovecot"], ["postfix"]]

  tree "/var/vmail/" {
    kind     = "mail"
    optional = true
  }
  tree "/var/mail/" {
    kind     = "mail"
    optional = true
  }
  tree "/var/lib/dovecot/" {
    kind     = "index"
    optional = true
  }

  volatile = [
    "/var/vmail/**/dovecot*",
    "/var/vmail/**/maildirsize",
    "/var/mail/*",
    "/var/mail/**/dovecot*",
    "/var/lib/dovecot/**",
  ]

  files "dovecot" { paths = ["/etc/dovecot/**"] }
  # postmap makes the tables anew from files that are watched.
  files "postfix" {
    paths     = ["/etc/postfix/**"]
    unwatched = ["/etc/postfix/**/*.db"]
  }
  files "aliases" {
    paths     = ["/etc/aliases", "/etc/aliases.db", "/etc/mailname"]
    optional  = true
    unwatched = ["/etc/aliases.db"]
  }

  queue {
    kind      = "postfix"
    directory = "/var/spool/postfix"
    parts     = ["maildrop", "incoming", "active", "deferred", "hold"]
    list      = ["postqueue", "-j"]
    flush     = ["postqueue", "-f"]
    hold      = ["postsuper", "-h", "ALL"]
    release   = ["postsuper", "-H", "ALL"]
    requeue   = ["postsuper", "-r", "ALL"]
  }

  # Maildir: a message is a file in cur or new. mbox holds many in one file; the
  # commands below count those.
  mailboxes {
    kind     = "dovecot"
    messages = ["/var/vmail/**/cur/*", "/var/vmail/**/new/*"]
  }

  port "smtp" {
    number = 25
    role   = "mail"
  }
  port "smtps" {
    number = 465
    role   = "mail"
  }
  port "submission" {
    number = 587
    role   = "mail"
  }
  port "imap" {
    number = 143
    role   = "mail"
  }
  port "imaps" {
    number = 993
    role   = "mail"
  }
  port "pop3" {
    number = 110
    role   = "mail"
  }
  port "pop3s" {
    number = 995
    role   = "mail"
  }
  port "sieve" {
    number = 4190
    role   = "mail"
  }

  check "smtp" {
    kind = "smtp"
    port = 25
  }
  check "imap" {
    kind = "imap"
    port = 143
  }

  format "2" { versions = ">= 2.0, < 2.4" }
  format "2.4" {
    versions = ">= 2.4, < 3.0"
    reads    = ["2"]
  }
}
