"""Every fault that a machine can produce, produced; and what the log then holds, compared with what the child did."""
