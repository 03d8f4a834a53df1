package executor

import (
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
)

// expiresSoon: a certificate that ends within it will need somebody's hand soon after the move.
const expiresSoon = 14 * 24 * time.Hour

// certificatesFit: what the target will show is valid, and names the service as clients know it.
func (p *preflight) certificatesFit() []Finding {
	var found []Finding
	for _, file := range p.d.Certificates {
		// A file that travels is the source's.
		side := p.target
		if p.travels(file) {
			side = p.source
		}
		answer := side.answers["certificate."+file]
		if answer == "" {
			continue
		}
		der, err := base64.StdEncoding.DecodeString(answer)
		if err != nil {
			found = append(found, Finding{Warns, "P073", "A certificate cannot be read", fmt.Sprintf("%s of the %s: %v", file, side.role, err), "Look at it with openssl x509 -text."})
			continue
		}
		certificate, err := x509.ParseCertificate(der)
		if err != nil {
			found = append(found, Finding{Warns, "P073", "A certificate cannot be read", fmt.Sprintf("%s of the %s: %v", file, side.role, err), "Look at it with openssl x509 -text."})
			continue
		}
		found = append(found, p.certificateFits(file, side.role, certificate)...)
	}
	return found
}

func (p *preflight) certificateFits(file, role string, certificate *x509.Certificate) []Finding {
	var found []Finding
	end := certificate.NotAfter.UTC().Format(time.RFC3339)
	switch {
	case p.now.After(certificate.NotAfter):
		found = append(found, Finding{Blocks, "P070", "A certificate has expired", fmt.Sprintf("%s of the %s, at %s", file, role, end), "Renew it: whatever fails after the move would be taken for the move's fault."})
	case certificate.NotAfter.Sub(p.now) < expiresSoon:
		found = append(found, Finding{Warns, "P071", "A certificate expires soon", fmt.Sprintf("%s of the %s, at %s", file, role, end), "Renew it before the move, and see that what renews it runs on the target."})
	}
	var missing []string
	for _, name := range serviceNames(p.d, p.source.answers["external_url"]) {
		if certificate.VerifyHostname(name) != nil {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		names := certificate.DNSNames
		if len(names) == 0 {
			names = []string{certificate.Subject.CommonName}
		}
		found = append(found, Finding{
			Warns, "P072", "A certificate does not name the service", fmt.Sprintf("%s of the %s is for %s, not for %s", file, role, strings.Join(names, ", "), strings.Join(missing, ", ")),
			"Clients that check names refuse it. Bring one for the service's names to where it travels from.",
		})
	}
	return found
}

// travels reports whether a file set brings the file to the target.
func (p *preflight) travels(file string) bool {
	return slices.ContainsFunc(p.d.Files, func(set declare.FileSet) bool {
		return slices.ContainsFunc(set.Paths, func(pattern string) bool {
			if below, is := strings.CutSuffix(pattern, "/**"); is {
				return strings.HasPrefix(file, below+"/")
			}
			matches, err := path.Match(pattern, file)
			return err == nil && matches
		})
	})
}
