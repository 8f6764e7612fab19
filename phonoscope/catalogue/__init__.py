"""Tables on disk: layout, parts, queries, ingest."""
