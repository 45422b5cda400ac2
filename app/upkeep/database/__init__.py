"""The schema: migrated, compared with the models, recognised when old."""
