"""Run the command line as `python -m veritas`."""

from veritas.cli import main

if __name__ == "__main__":
    main()
