"""The platform's own decider: one table from creation to its sealed result, hosting a rules plug-in."""
