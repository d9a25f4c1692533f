"""Captured output: the file that a shell, a container runtime, the journal or another log collector wrote.

`reader` undoes the compression and the encoding, recognises the collector's format, and yields what each program wrote.
"""
