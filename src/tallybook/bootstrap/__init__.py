"""The only folder that knows every concrete class: it builds a server from its settings."""
