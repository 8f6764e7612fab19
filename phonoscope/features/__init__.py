"""What one recording shows. One file per question; :mod:`phonoscope.features.base` is the door."""
