"""Mutates transactions and puts them through everything up to the database, which must outlast it within bounds."""
