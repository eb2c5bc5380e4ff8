"""The HTTPS API: what it takes and answers, and how it says no."""
