"""The fleet: audits that wait in a queue, and the workers, on any number of machines, that do them."""
