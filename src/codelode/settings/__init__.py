"""Settings: defaults of flags, from a file of the project, a file of the user, the environment.

`keys` is the one table of them. A project file is hostile input: `keys` says which settings it may
have. `files` finds and reads the files, `effective` merges all sources. A command without any
settings file pays for a few `stat` calls.
"""
