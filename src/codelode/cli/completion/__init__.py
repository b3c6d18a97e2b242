"""Completion scripts for shells, made from the commands: `lode completion`.

`words` says what completes each argument; `bash`, `zsh` and `fish` write this as the
script of a shell. Names of languages and models are part of a script. A script runs
`lode list --roots` when it needs roots; the shell never expands them, as they may have any
characters.
"""
