"""What a file declares. One file per standard; :mod:`phonoscope.labels.read` asks them all."""
