terraform {
  required_version = ">= 1.11"

  required_providers {
    mail = {
      source  = "terraform-provider-mail/mail"
      version = ">= 0.1.0"
    }
  }
}
