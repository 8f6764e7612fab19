"""What one recording shows. One file per question; :mod:`phonoscope.evidence.base` is the door."""
