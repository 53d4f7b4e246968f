"""Rows and transactions: one contract, implemented on SQLite; the SQL lies in named files, one tree per dialect.

The truth is in the tables of `migrations/`; `derived.sql` holds what can be made again from it. Modules here know rows;
what a row means (a merge, a supersession, a hold) is decided on the floors above.
"""
