"""What pages and the dossier both show: queries, timelines, scales, templates."""
