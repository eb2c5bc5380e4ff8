"""The use cases, put together from a function's variables: where clients, stores and settings meet.

One module for each set of functions that needs the same packages: those that list hashes load no imaging library.
"""
