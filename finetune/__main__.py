"""`python -m finetune`: the command line, from a clone as from an installation."""

from finetune.cli.main import main

if __name__ == "__main__":
    main()
