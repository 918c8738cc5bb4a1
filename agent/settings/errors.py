"""Errors that are told to a user as one sentence."""


class UserError(Exception):
    """Something the user can put right: the text is one sentence that says what to do next.

    The command line prints it without a traceback and exits with `exit_code`. Base class of every
    such error in the code; subclasses set `exit_code` to 2 where usage or settings are wrong.
    """

    exit_code: int = 1


class SettingsError(UserError, ValueError):
    """A wrong key or value; the text names it, its file, and the nearest right key."""

    exit_code = 2
