"""Accounts of staff: open, grant, revoke, disable."""
