"""A site with real noise, a program that audits it, and the validation of its transports."""
