"""Fan-out between the nodes of one installation: hints that may be lost, never the truth."""
