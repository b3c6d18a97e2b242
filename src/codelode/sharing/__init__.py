"""Indexes shared through an object store: `lode push`, `lode pull`, `lode remote`.

`layout` says what is stored, `push` and `pull` copy what is missing, `check` trusts nothing that
was fetched, `fit` finds the files of another checkout that need not be read.
"""
