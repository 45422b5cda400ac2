"""Pages of suppliers and their packs."""
