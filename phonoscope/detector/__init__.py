"""The detector: turns features into a score, a p-value and a verdict."""
