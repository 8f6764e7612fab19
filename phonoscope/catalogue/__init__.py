"""Tables on disk: the documented layout, atomic parts, compaction, questions in SQL."""
