"""Whether a decode was spoken at all: pure, on what the model and the voice say of it.

Whisper writes "Thank you." or "you" into noise. The same words are also said by callers, so words alone
prove nothing: the voice's duration, the model's own doubt and the length of the text together do.
Thresholds: over barks, ringing, a crowd, white noise and tones, tiny.en and base write with no-speech
probabilities of .17-.99 and mean log-probabilities of -.5 to -2, and Silero v6 hears little voice;
spoken words, digits of 0.3 s among them, have a peak over .5 and no-speech probabilities up to .73.
"""

from typing import Literal

from agent.asr.repetition import bare

Rejected = Literal["repeated", "hallucinated", "silence"]

FAVOURITES = frozenset(
    {
        "thank you",
        "thanks",
        "thank you for watching",
        "thanks for watching",
        "thank you very much",
        "please subscribe",
        "you",
        "bye",
        "bye bye",
        "goodbye",
        "so",
        "okay",
        "oh",
        "i'm sorry",
        "i'm going to go",
        "the",
        "the end",
    }
)
"""What Whisper writes into noise most often."""
SILENT_PEAK = 0.2
"""Without a window over this there is no voice to recognise."""
SURE_PEAK = 0.5
SURE_MS = 64
"""So much voice speaks for itself; less needs a model that is sure."""
CLEAR_PEAK = 0.8
CLEAREST_PEAK = 0.9
"""Stretches of a crowd reach .77; there Whisper writes "Thank you." with no-speech probabilities of .58-.95
and "I'm going to keep on going" with .38 and a log-probability of -1.3."""
LONGEST_CHARACTERS_PER_S = 45
"""Of voice; quick speech has about 20."""


def silent(peak: float) -> bool:
    """Whether there is no voice at all, so that nothing need be decoded."""
    return peak < SILENT_PEAK


def rejection(text: str, *, voiced_ms: int, peak: float, no_speech: float, logprob: float) -> Rejected | None:
    """Why `text` wasn't spoken, or None.

    `logprob` is the mean log-probability of the tokens, `no_speech` the model's probability of no speech,
    `peak` the voice's highest probability.
    """
    words = [word for word in map(bare, text.split()) if word]
    if not words:
        return "hallucinated" if text.strip() else "silence"
    favourite = " ".join(words) in FAVOURITES
    if peak < SURE_PEAK or voiced_ms < SURE_MS:
        sure = no_speech < 0.3 and logprob > -0.9 and not favourite
        return None if sure else "hallucinated"
    if no_speech > 0.6 and (logprob < -1.3 or peak < CLEAR_PEAK):
        return "hallucinated"
    if no_speech > 0.35 and logprob < -1.0 and peak < CLEAR_PEAK:
        return "hallucinated"
    if favourite and no_speech > 0.5 and peak < CLEAREST_PEAK:
        return "hallucinated"
    if len(words) > 2 and len(text) > LONGEST_CHARACTERS_PER_S * voiced_ms / 1000:
        return "hallucinated"
    return None
