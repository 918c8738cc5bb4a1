"""`python -m agent`: the command line, from a clone as from an installation."""

from agent.cli.main import main

if __name__ == "__main__":
    main()
