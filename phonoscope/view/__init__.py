"""What the served pages and the dossier share: queries, timelines, scales, templates."""
