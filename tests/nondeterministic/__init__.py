"""A non-deterministic site, a program that audits it, and the validation of its transports."""
