"""Metadata from elsewhere into the common tables; one file a layout of source."""
