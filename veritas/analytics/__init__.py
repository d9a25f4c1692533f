"""The log as tables for analysis: datasets of Parquet files, which DuckDB and other programs read as they are."""
