"""Who may do what: one matrix, and one function that asks it."""
