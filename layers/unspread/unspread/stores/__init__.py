"""One module for each table or bucket. Clients are passed in."""
