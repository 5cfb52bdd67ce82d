"""Files of money as people have them: spreadsheets and delimited text, to rows of cells."""
