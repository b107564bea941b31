"""How the outside reaches Tallybook: one folder a protocol, all over the same play and projections."""
