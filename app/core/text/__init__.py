"""Chinese text: how people type it, how it is searched and sorted, and what remarks beside an order mean."""
