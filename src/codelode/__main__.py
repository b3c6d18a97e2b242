"""`python -m codelode` is `lode`."""

from codelode.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
