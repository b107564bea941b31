"""Serving the built web app."""
