product "good" {
  title   = "Good"
  version = ["good", "--version"]
}
