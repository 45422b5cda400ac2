"""Medicine, parcels and documents fetched for households."""
