# By the fingerprint of the host's key, which known_hosts places; or by an address that known_hosts knows.
terraform import mail_host.old SHA256:i2q/9rRVIWNPOYwFNe1Dm2OgFiRM7FcfocVQw6ZzrFg
terraform import mail_host.old 192.0.2.21
