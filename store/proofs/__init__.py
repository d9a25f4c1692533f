"""Hash chain, Merkle tree and signed checkpoints."""
