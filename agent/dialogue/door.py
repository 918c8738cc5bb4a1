"""Opens businesses by name or folder: loaded once, then shared by calls."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from loguru import logger

from agent.dialogue import named_days, prompts
from agent.dialogue.business import Business, BusinessError
from agent.dialogue.business_adapter import business_adapter
from agent.dialogue.conversation import BusinessConversation
from agent.dialogue.database import Database, DatabaseError
from agent.dialogue.earlier_calls import CallHistory, EarlierCalls
from agent.dialogue.embeddings import Embedder
from agent.dialogue.encoder_adapter import EncoderAdapter, EncoderAdapterError
from agent.dialogue.intent_head import FILE as HEAD_FILE
from agent.dialogue.intent_head import NONE, HeadError, IntentHead
from agent.dialogue.intents import Intents
from agent.dialogue.knowledge_answers import KnowledgeAnswers
from agent.dialogue.knowledge_opening import open_knowledge
from agent.dialogue.knowledge_store import KnowledgeError
from agent.dialogue.loader import load_business, load_profile
from agent.dialogue.phrasing import Phrasebook
from agent.dialogue.policy import Policy
from agent.dialogue.responder import Measured, ModelResponder
from agent.dialogue.shared import Shared
from agent.dialogue.tools import Toolbox
from agent.llm import AdapterEngines
from agent.llm.protocol import LlmEngine, Message
from agent.settings import Tree, resolve

CACHE = Path("data/cache")
EMBEDDER = "minilm"


def now() -> datetime:
    """The moment, in UTC."""
    return datetime.now(UTC)


class BusinessDialogue:
    """A business, loaded once and shared. Close it at the end."""

    def __init__(self, shared: Shared, llm: LlmEngine | None = None) -> None:
        """`llm` is the language model with the business's adapter, where one is loaded."""
        self.shared = shared
        self.llm = llm

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.shared.business.id

    @property
    def title(self) -> str:
        """The name that callers hear."""
        return self.shared.business.profile.name

    @property
    def transfer_to(self) -> str | None:
        """The number that takes over when a reply has `transfer`."""
        return self.shared.business.profile.human.transfer_to

    @property
    def hot_words(self) -> tuple[str, ...]:
        return tuple(word.word for word in self.shared.business.profile.hot_words)

    @property
    def fixed_phrases(self) -> tuple[str, ...]:
        return self.shared.phrases.fixed

    @property
    def prompt_prefix(self) -> tuple[Message, ...]:
        """What every prompt begins with, for the engine's `warm`."""
        return (prompts.persona(self.shared.business.profile.persona),)

    def phrase(self, phrase_id: str) -> str:
        """Spoken form. Raises `KeyError` for an id that isn't a phrase without variables."""
        sentence = self.shared.phrases.say(phrase_id)
        if sentence is None:
            raise KeyError(phrase_id)
        return sentence.spoken

    def open(self, caller: str = "") -> BusinessConversation:
        responder = self.shared.responder
        if responder is not None:
            own = replace(self.shared, responder=responder.for_conversation())
            return BusinessConversation(own, caller)
        return BusinessConversation(self.shared, caller)

    async def measure(
        self, conversation: BusinessConversation, caller: str, llm: LlmEngine, settings: Tree
    ) -> Measured | None:
        """What a model would have said in the conversation's last turn; None where it had nothing to word."""
        patient = settings.llm.timeout_ms
        responder = model_responder(settings, self.shared.business, self.shared.phrases, llm, patient)
        return await responder.measure(
            conversation.last_lines, caller, conversation.history[:-1], self.shared.now().date()
        )

    async def warm(self) -> None:
        """Loads the language model with the business's adapter, and computes its prompt's beginning."""
        if self.llm is not None:
            await self.llm.warm(self.prompt_prefix)

    def read_documents(self, watch_ms: int | None = None) -> None:
        """Indexes the business's documents where that wasn't done, and every `watch_ms` from then on where
        they have changed. Blocks for about 10 ms a new sentence. What goes wrong is logged: calls can do
        without documents."""
        knowledge = self.shared.knowledge
        if knowledge is None:
            return
        try:
            knowledge.prepare()
        except KnowledgeError as error:
            logger.error("the documents of {} can't be asked: {}", self.name, error)
        if watch_ms is not None:
            knowledge.watch(watch_ms / 1000)

    def close(self) -> None:
        if self.shared.knowledge is not None:
            self.shared.knowledge.close()
        self.shared.toolbox.close()
        self.shared.database.close()


def businesses(settings: Tree) -> Mapping[str, Path]:
    """Name -> folder of each business of `dialogue.business_dir`."""
    folder = resolve(settings.dialogue.business_dir)
    if not folder.is_dir():
        raise BusinessError(
            f"{folder} isn't there: set dialogue.business_dir to the folder of the businesses."
        )
    return {path.name: path for path in sorted(folder.iterdir()) if (path / "business.toml").is_file()}


def find_business(settings: Tree, name: str) -> Path:
    """The folder of a business given by name or as a folder. Raises `BusinessError`."""
    known = businesses(settings)
    if name in known:
        return known[name]
    folder = Path(name)
    if (folder / "business.toml").is_file():
        return folder.resolve()
    listed = ", ".join(known) or "none"
    raise BusinessError(
        f"There's no business '{name}': give a folder with a business.toml, or one of: {listed}."
    )


def business_title(folder: Path) -> str:
    """The name that callers of a business hear, by its folder. Raises `BusinessError`."""
    return load_profile(folder).name


def business_for_number(settings: Tree, called: str) -> str:
    """The business that answers a number; `dialogue.default_business` where none lists it."""
    wanted = _digits(called)
    for name, folder in businesses(settings).items():
        if wanted and wanted in {_digits(number) for number in load_profile(folder).numbers}:
            return name
    return settings.dialogue.default_business


def _digits(number: str) -> str:
    return "".join(sign for sign in number if sign.isdigit())


def open_dialogue(
    settings: Tree,
    name: str,
    llm: LlmEngine | AdapterEngines | None = None,
    *,
    embedder: Embedder | None = None,
    clock: Callable[[], datetime] = now,
    database_url: str | None = None,
    keeps_changes: bool = True,
    history: CallHistory | None = None,
) -> BusinessDialogue:
    """A business by name or folder, with its database (or the one of `database_url`) and its intents.

    Without `keeps_changes`, every change of the business's own database is taken back as soon as it's made.
    `history` is where earlier calls of the same caller are looked up. Of several engines, the one of the
    business's adapter is used.

    Blocks for about a second: call it in a thread where calls are running. Raises `BusinessError`,
    `DatabaseError`, `LlmError` or `MissingWeights`, each with a sentence.
    """
    folder = find_business(settings, name)
    business = load_business(folder)
    named_days.prepare(business.profile.country, clock().date())
    embedder = embedder or load_embedder(settings)
    # a copy keeps its changes; it's the caller's to remove
    address = database_url or business.profile.database
    database = Database(address, business.id, keeps_changes=keeps_changes or database_url is not None)
    try:
        toolbox = Toolbox(business, database, tool_secrets(settings))
        toolbox.check()
        phrases = Phrasebook(business)
        head = load_head(folder, business, embedder)
        intents = Intents(
            business.intents,
            embedder,
            threshold=settings.dialogue.similarity,
            words=_choices(business, toolbox),
            cache=resolve(CACHE),
            head=head,
            head_embedder=head_embedder(settings, head),
        )
    except BaseException:
        database.close()
        raise
    responder = None
    llm = _with_adapter(settings, folder, business, llm)
    if settings.dialogue.responder == "model" and llm is not None:
        responder = model_responder(settings, business, phrases, llm)
    knowledge = open_knowledge(settings, folder, business, phrases, embedder)
    earlier = None
    if history is not None:
        earlier = EarlierCalls(history, business.id, embedder, threshold=settings.knowledge.relevance)
    policy = Policy(business, toolbox, KnowledgeAnswers(knowledge, earlier, business.intents))
    return BusinessDialogue(
        Shared(business, phrases, database, toolbox, intents, policy, clock, responder, knowledge), llm
    )


def _with_adapter(
    settings: Tree, folder: Path, business: Business, llm: LlmEngine | AdapterEngines | None
) -> LlmEngine | None:
    if not isinstance(llm, AdapterEngines):
        return llm
    if (named := business.profile.adapter) is None:
        return llm.default
    return llm.of(business_adapter(folder, named, settings.llm.backend))


def model_responder(
    settings: Tree, business: Business, phrases: Phrasebook, llm: LlmEngine, timeout_ms: int | None = None
) -> ModelResponder:
    """The responder that words answers by `llm`, in `dialogue.model_timeout_ms` as a rule."""
    return ModelResponder(
        llm,
        phrases,
        business.profile.persona,
        timeout_ms=timeout_ms or settings.dialogue.model_timeout_ms,
        max_tokens=settings.llm.max_tokens,
        temperature=settings.llm.temperature,
        names=tuple(word.word for word in business.profile.hot_words if word.word != business.profile.name),
    )


def tool_secrets(settings: Tree) -> dict[str, str]:
    """What requests of tools may name in their headers."""
    return {name: secret.get_secret_value() for name, secret in settings.dialogue.tool_secrets.items()}


def load_embedder(settings: Tree) -> Embedder:
    """MiniLM from the weights' folder. Raises `MissingWeights`."""
    from agent.models import require

    return Embedder(require(settings.models, EMBEDDER))


def head_embedder(settings: Tree, head: IntentHead | None) -> Embedder | None:
    """The encoder with the changes that a head asks for, once per process; None where it asks for none.
    Raises `HeadError` where they don't fit."""
    from agent.models import require

    if head is None or head.adapter is None:
        return None
    try:
        return _taught(require(settings.models, EMBEDDER), head.adapter)
    except (EncoderAdapterError, ValueError) as error:
        raise HeadError(f"An intent head doesn't fit the encoder: {error}. Make it anew.") from None


@lru_cache(maxsize=4)
def _taught(folder: Path, adapter: EncoderAdapter) -> Embedder:
    return Embedder(folder, adapter)


def load_head(folder: Path, business: Business, embedder: Embedder) -> IntentHead | None:
    """The head of a business's folder, None where it has none. Raises `HeadError`."""
    path = folder / HEAD_FILE
    if not path.is_file():
        return None
    head = IntentHead.load(path, embedder.identity)
    if strange := set(head.labels) - set(business.intents) - {NONE}:
        raise HeadError(
            f"{path} knows an intent '{min(strange)}' that intents.toml has not: "
            "make it anew with `finetune intents`, or take the file away."
        )
    return head


def _choices(business: Business, toolbox: Toolbox) -> dict[str, tuple[str, ...]]:
    choices = {}
    for name, slot in business.slots.items():
        if slot.type == "choice":
            try:
                choices[name] = toolbox.options_now(name)
            except DatabaseError as error:
                raise BusinessError(f"tools.toml of '{business.id}': slots.{name}.options: {error}") from None
    return choices
