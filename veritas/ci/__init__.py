"""Audits judged by rules, for continuous integration: the rules, the baseline, and the files for other programs."""
