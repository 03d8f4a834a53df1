# NAME
terraform import mail_upgrade.cpms cpms-2004
