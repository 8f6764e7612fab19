"""What a file declares. One file per standard; :mod:`phonoscope.disclosure.read` reads them all."""
