"""The business's words in a transcript: where the model doubts and a hot word fits. Pure.

Hot words in the decoder's prompt make Whisper forget its timestamps, and so loop. So the prompted decode is
never taken as it is: only the hot words that it puts in place of doubtful words are, and the caller of
`merged` lets the unprompted model compare both readings by the sound.
"""

from collections.abc import Sequence
from difflib import SequenceMatcher

from agent.asr.repetition import bare

DOUBTFUL = 0.75
"""A word below this probability may be another."""
WORST = 0.5
"""How much less likely, in mean log-probability of a token, the unprompted model may find the reading with
hot words: it doesn't know the names."""
MOST_WORDS = 4
"""A hot word stands for so many misheard words at most."""


def vocabulary(hot_words: Sequence[str]) -> frozenset[str]:
    """The single words of all hot words."""
    return frozenset(bare(word) for phrase in hot_words for word in phrase.split())


def merged(
    words: Sequence[str], probabilities: Sequence[float], prompted: Sequence[str], hot: frozenset[str]
) -> list[str] | None:
    """`words` with the hot words that `prompted` has in place of doubtful ones; None where there are none."""
    before, after = [bare(word) for word in words], [bare(word) for word in prompted]
    result: list[str] = []
    changed = False
    for kind, first, last, start, end in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        doubtful = first < last and min(probabilities[first:last]) < DOUBTFUL
        fits = start < end and hot.issuperset(after[start:end])
        if kind == "replace" and doubtful and fits and max(last - first, end - start) <= MOST_WORDS:
            taken = [word.strip(".,?!") for word in prompted[start:end]]
            taken[-1] += words[last - 1][len(words[last - 1].rstrip(".,?!")) :]
            result += taken
            changed = True
        else:
            result += words[first:last]
    return result if changed else None
