"""What follows the ledger and acts: notices for people, and webhooks; each runs once in the cluster."""
