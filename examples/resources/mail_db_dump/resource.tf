# Local peer access as the engine's superuser: no password is needed.
resource "mail_db_dump" "bj" {
  source    = mail_host.old.id
  target    = mail_host.new.id
  engine    = "postgresql"
  databases = ["bj", "bj-data"]
  jobs      = 2
}

# With a user and a password, which is in no state and no plan.
resource "mail_db_dump" "webmail" {
  source              = mail_host.old.id
  target              = mail_host.new.id
  engine              = "postgresql"
  databases           = ["webmail"]
  user                = "webmail"
  password_wo         = var.webmail_password
  password_wo_version = 1
}

variable "webmail_password" {
  type      = string
  sensitive = true
  ephemeral = true
}
