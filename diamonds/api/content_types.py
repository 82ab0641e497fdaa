"""The content types of files of stones that are answered with prices."""

CSV = "text/csv"
WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PARQUET = "application/vnd.apache.parquet"
JSON_LINES = "application/x-ndjson"
PRICED_FILES = (CSV, WORKBOOK, PARQUET, JSON_LINES)
