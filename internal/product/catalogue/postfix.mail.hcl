# Postfix alone: a relay, or the MTA before a store that has an entry of its own.
product "postfix" {
  title   = "Postfix"
  version = ["postconf", "-h", "mail_version"]

  service "postfix" {
    front          = true
    ports          = [25, 465, 587]
    stop_estimate  = "5s"
    start_estimate = "5s"
  }

  # The queue travels as a queue, not as a tree. This one is Postfix's own data
  # (caches of verify and postscreen), which it can make again.
  tree "/var/lib/postfix/" {
    kind     = "index"
    optional = true
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

  volatile = ["/var/lib/postfix/**"]

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

  check "smtp" {
    kind = "smtp"
    port = 25
  }

  # Every version since 2.0 reads the queue files of every other.
  format "queue-2" { versions = ">= 2.0" }
}
