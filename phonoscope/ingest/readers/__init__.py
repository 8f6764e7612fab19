"""One file per kind of file: CSV, JSON, XML, Parquet, SQLite, packed ones."""
