"""Sheets of the supply side: purchase orders, receipts, pick and shortage lists."""
