"""What a whole catalogue shows: one file per finding, and the report of them all."""
