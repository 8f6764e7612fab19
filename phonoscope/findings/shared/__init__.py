"""What several findings need: groupings, rules and statistics, computed once."""
