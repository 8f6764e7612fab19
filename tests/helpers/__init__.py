"""What the tests share: sounds, files, sources and catalogues that they make themselves."""
