# Cyrus IMAP behind Postfix, with the paths of Debian and Ubuntu.
product "cyrus" {
  title   = "Cyrus IMAP"
  version = ["dpkg-query", "-W", "-f", "$${source:Upstream-Version}\\n", "cyrus-common"]

  service "postfix" {
    front          = true
    ports          = [25, 465, 587]
    stop_estimate  = "5s"
    start_estimate = "5s"
  }

  service "cyrus-imapd" {
    ports          = [143, 993, 110, 995, 4190]
    stop_estimate  = "15s"
    start_estimate = "15s"
  }

  tree "/var/spool/cyrus/" { kind = "mail" }
  tree "/var/lib/cyrus/" { kind = "index" }
  tree "/var/spool/sieve/" {
    kind     = "other"
    optional = true
  }

  # Databases, and in each mailbox cyrus.header, .index, .cache, .annotations
  # and .squat, are written in place.
  volatile = ["/var/lib/cyrus/**", "/var/spool/cyrus/**/cyrus.*"]

  files "cyrus" { paths = ["/etc/imapd*", "/etc/cyrus*"] }
  files "passwords" {
    paths     = ["/etc/sasldb2", "/etc/saslauthd.conf"]
    optional  = true
    unwatched = ["/etc/sasldb2"] # passwords that users change
  }
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

  mailboxes {
    kind     = "cyrus"
    messages = ["/var/spool/cyrus/**/[1-9]*."]
    user     = "cyrus"
    session  = ["env", "CYRUS_SERVICE=imap", "CYRUS_ID=900", "/usr/lib/cyrus/bin/imapd", "-X", "-N"]
    locate   = ["/usr/lib/cyrus/bin/mbpath", "-p", "-j"]
    renew    = ["/usr/lib/cyrus/bin/reconstruct"]
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

  # A newer version raises the version of a mailbox's index only when it is
  # told to (reconstruct -V), but it writes its own databases at once.
  format "2" { versions = ">= 2.0, < 3.0" }
  format "3.0" {
    versions = ">= 3.0, < 3.6"
    reads    = ["2"]
  }
  format "3.6" {
    versions = ">= 3.6, < 4.0"
    reads    = ["2", "3.0"]
  }
}
