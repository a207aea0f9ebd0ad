"""Requests for public records: what the law gives an agency time for, and what it owes meanwhile."""
