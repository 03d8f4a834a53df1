prodct "unknown" {
  title = var.title
}

product "unknown" {
  title   = var.title
  version = ["x", "${path.root}"]
}

product {}
