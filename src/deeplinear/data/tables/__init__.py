"""Tables: text, parquet and data frames, as features and targets with names.

DuckDB splits cells and turns them into numbers. Which separator, header and decimal mark a text file has is decided here from
its first lines: DuckDB's own ``sniff_csv`` misreads decimal commas between semicolons and single spaces, and takes
1.6 s for 785 columns.
"""
