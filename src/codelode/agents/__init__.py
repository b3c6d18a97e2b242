"""Tell coding agents about codelode: `lode agent install`, `uninstall` and `list`.

`clients` knows where each client keeps its configuration and its instructions. `install` plans the
changes to files; `jsonc` and `toml_text` edit configurations and leave everything else as it is;
`instructions` edits the texts that agents read. `journal` remembers each edit, so that it can be
undone exactly.
"""
