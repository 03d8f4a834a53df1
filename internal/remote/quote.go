package remote

import "github.com/terraform-provider-mail/terraform-provider-mail/internal/shell"

// Quote is [shell.Quote], for callers that already hold a [Host].
func Quote(argv ...string) string { return shell.Quote(argv...) }
