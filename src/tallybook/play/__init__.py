"""The write side: a command becomes a decision, a decision becomes events."""
