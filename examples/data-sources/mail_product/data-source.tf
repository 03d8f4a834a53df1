data "mail_product" "bluemind" {
  name = "bluemind"
}

resource "mail_sync" "store" {
  source = mail_host.old.id
  target = mail_host.new.id
  paths  = { for path in data.mail_product.bluemind.data_paths : path => path }
}
