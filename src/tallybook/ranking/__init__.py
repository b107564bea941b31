"""Exact order statistics behind one port: who is where among a million, in memory or in Redis."""
