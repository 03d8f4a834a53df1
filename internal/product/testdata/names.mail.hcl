product "names" {
  titel   = "Names"
  version = ["x"]

  servce "a" {}
  service "b" {
    frontt = true
  }
  tree "/var/mail/" {
    kind = "mial"
  }
  check "smtp" {
    kind = "smpt"
    port = 25
  }
}
