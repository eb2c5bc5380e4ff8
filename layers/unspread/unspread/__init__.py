"""What the functions of Unspread share: hashing, matching, and the stores behind them."""

__version__ = "0.1.0"
