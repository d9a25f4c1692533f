"""The checks of who runs a site: domain, certificate, DNS records, the claims of its pages, and their consistency."""
