# HOST,PATH
terraform import mail_file.services 'SHA256:TCEu8OLb+xjCyzRmh4OgG0/MtiEG/D+bDX8B1CReA0U,/etc/services'
