product "types" {
  title   = 5
  version = "bmctl version"

  service "a" {
    front         = "perhaps"
    ports         = [25, "smtp", 70000, 1.5]
    stop          = ["bmctl stop"]
    stop_estimate = "20 minutes"
  }
  service "b" {
    start          = []
    start_estimate = "-5s"
    status         = null
  }
  port "smtp" {
    number = -1
    role   = "mail"
  }
  port "imap" {
    role = "mail"
  }
}
