"""One SQLAlchemy over every supported database."""
