# NAME,SOURCE,TARGET
terraform import mail_cutover.bluemind 'bluemind-2026,SHA256:i2q/9rRVIWNPOYwFNe1Dm2OgFiRM7FcfocVQw6ZzrFg,SHA256:TCEu8OLb+xjCyzRmh4OgG0/MtiEG/D+bDX8B1CReA0U'
