# qmail 1.03 and what descends from it, with mail in the homes: tcpserver takes SMTP, inetd starts the POP3 server, and
# the web server beside it (web mail, account tools) writes to homes, too. Services have init scripts.
product "qmail" {
  title = "qmail"
  # All keep the formats of 1.03, and none has a command that says its version.
  version = ["sh", "-c", "test -x /var/qmail/bin/qmail-showctl && echo 1.03"]

  service "tcpserver" {
    front          = true
    ports          = [25]
    stop_estimate  = "5s"
    start_estimate = "5s"
  }
  service "openbsd-inetd" {
    front          = true
    ports          = [110]
    stop_estimate  = "5s"
    start_estimate = "5s"
  }
  service "apache2" {
    front          = true
    ports          = [80, 443]
    stop_estimate  = "5s"
    start_estimate = "5s"
  }

  # The homes are the mail's: with qmail the sessions of users end (not that of the user by whom we came).
  service "qmail" {
    start          = ["systemctl", "start", "qmail"]
    stop           = ["sh", "-c", "systemctl stop qmail && ps -eo pid=,uid= | awk -v own=\"$${SUDO_UID:-0}\" '$2 >= 1000 && $2 < 60000 && $2 != own { print $1 }' | xargs -r kill -KILL 2>/dev/null || ! systemctl -q is-active qmail"]
    status         = ["systemctl", "--quiet", "is-active", "qmail"]
    stop_estimate  = "10s"
    start_estimate = "5s"
  }

  stop_order  = [["tcpserver", "openbsd-inetd", "apache2"], ["qmail"]]
  start_order = [["qmail"], ["tcpserver", "openbsd-inetd", "apache2"]]

  tree "/home/" { kind = "mail" }
  tree "/var/spool/cron/crontabs/" {
    kind     = "other"
    optional = true
  }

  # mbox is written in place.
  volatile = ["/home/*/Mailbox", "/home/*/mbox"]

  files "control" { paths = ["/var/qmail/control/*", "/var/qmail/alias/.qmail*"] }
  files "popauth" {
    paths    = ["/usr/local/qpopper/pop.auth"]
    optional = true
  }

  port "smtp" {
    number = 25
    role   = "mail"
  }
  port "submission" {
    number = 587
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
  port "http" {
    number = 80
    role   = "web"
  }
  port "https" {
    number = 443
    role   = "web"
  }

  check "smtp" {
    kind = "smtp"
    port = 25
  }
  check "pop3" {
    kind = "apop"
    port = 110
  }

  format "1.03" { versions = ">= 1.03" }
}
