"""Completion scripts for shells, made from the commands: `lode completion`.

`words` says what completes each argument; `bash`, `zsh` and `fish` write it down for a shell. Names
of languages and models are part of a script. Roots are asked for with `lode list --roots` when they
are needed, and never expanded by the shell: they may have any characters.
"""
