product "orders" {
  title       = "Orders"
  version     = ["x"]
  stop_order  = [["postfx"], ["bm"]]
  start_order = [["bm", "bm"], "postfix"]

  service "postfix" {}
  service "bm" {}
}
