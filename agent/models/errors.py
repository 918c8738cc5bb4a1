"""What can be wrong with weights, each a sentence."""

from agent.settings import UserError


class MissingWeights(UserError):
    """A weight isn't there, or isn't what the manifest says: the text names the file and what to do."""


class PullError(UserError):
    """No source gave a file; the text tells the reason of each."""


class ManifestError(UserError):
    """The manifest itself is wrong."""

    exit_code = 2
