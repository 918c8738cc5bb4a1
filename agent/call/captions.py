"""What the caller is heard to say, told while he speaks: words that may still change, and words that stay."""

from agent.asr.protocol import Transcript
from agent.call.incoming import Tell


class Captions:
    """One call's captions of the caller's side. Each holds all words of the utterance so far."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._start_ms = 0
        self._open = False

    def begin(self, start_ms: int) -> None:
        """An utterance begins, at this time of the caller's sound."""
        self._start_ms = start_ms

    def partial(self, transcript: Transcript) -> None:
        """What was heard so far, while the caller goes on."""
        self._send(transcript, final=False)

    def final(self, transcript: Transcript) -> None:
        """What was heard up to a pause; the caller may still go on."""
        self._send(transcript, final=True)

    def end(self) -> None:
        """The utterance is over. Words that nobody took up are taken back."""
        if self._open:
            self._send(Transcript(""), final=True)

    def _send(self, transcript: Transcript, *, final: bool) -> None:
        self._open = not final
        words = [{"text": word.text, "stable": final or word.stable} for word in transcript.words]
        if not words:
            words = [{"text": text, "stable": final} for text in transcript.text.split()]
        self._tell("caption", {"start_ms": self._start_ms, "words": words, "final": final})
