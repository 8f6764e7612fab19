"""Evidence weighed. One file per verdict."""
