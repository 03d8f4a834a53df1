# HOST,NAME
terraform import mail_service.postfix 'SHA256:TCEu8OLb+xjCyzRmh4OgG0/MtiEG/D+bDX8B1CReA0U,postfix'
