terraform {
  required_version = ">= 1.11"
  required_providers {
    mail = {
      source  = "terraform-provider-mail/mail"
      version = "~> 0.1"
    }
  }
}

provider "mail" {
  user              = "root"
  identity_files    = ["~/.ssh/id_ed25519"]
  use_agent         = true
  known_hosts_files = ["~/.ssh/known_hosts"]
  parallel          = 16
  journal_dir       = "/var/lib/terraform-provider-mail"
}
