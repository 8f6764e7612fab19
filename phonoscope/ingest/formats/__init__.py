"""One file per format of metadata: how it is recognised, and how it is read."""
