product "syntax" {
  title = "Syntax
}
