"""Settings: defaults of flags, from the project's file, the user's file and the environment.

`keys` is the table of all settings. A project file is hostile input: `keys` says which settings it
may have. `files` finds and reads the files, `effective` merges all sources. Where there is no
settings file, a command makes only a few `stat` calls to find that out.
"""
