"""The read side: tables that are made of events, and the queries on them."""
