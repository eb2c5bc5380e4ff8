"""Lists of others, pulled into ours."""
