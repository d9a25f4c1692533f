"""Who is behind a page: its domain, certificate and DNS records, what it claims of itself, and whether these agree."""
