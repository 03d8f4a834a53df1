# HOST,DEVICE,PATH
terraform import mail_mount.root 'SHA256:TCEu8OLb+xjCyzRmh4OgG0/MtiEG/D+bDX8B1CReA0U,/dev/vdb1,/opt/criticalpath/nfs'
