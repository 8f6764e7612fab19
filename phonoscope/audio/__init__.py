"""Sound in: open hostile sources, decode once, share spectra, measure loudness."""
