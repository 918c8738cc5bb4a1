"""`agent serve`: the server. The one place that joins the call to the ways it arrives."""

import asyncio
import json
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from agent.cli.console import Assignments, ConfigFiles, load_settings, say
from agent.cli.page_opening import show_page, with_a_free_port

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

    from agent.call.incoming import EndedBy, IncomingCall
    from agent.call.session import CallSession
    from agent.settings import Tree
    from telephony.drain import Drain

PURGE_EVERY_S = 3600


def run(
    config: ConfigFiles = None,
    set_: Assignments = None,
    ready_file: Annotated[
        Path | None,
        typer.Option(help="Written when calls can come: a JSON object with the port."),
    ] = None,
    open_: Annotated[
        bool,
        typer.Option(
            "--open", help="Open the page in the browser when calls can come; on a free port if need be."
        ),
    ] = False,
) -> None:
    """Answer calls until SIGTERM or Ctrl-C; those that go on then may finish first."""
    settings = load_settings(config, set_)
    if open_:
        settings = with_a_free_port(settings)
    asyncio.run(serve(settings, ready_file, show=open_))


async def serve(settings: "Tree", ready_file: Path | None = None, *, show: bool = False) -> None:
    """Opens the store, the port and the engines, in this order, and serves until told to stop."""
    from agent.call.metrics import server_registry, watch_loop
    from agent.call.records import Store
    from telephony.drain import Drain
    from telephony.server import create_app
    from telephony.server import serve as listen

    store = await asyncio.to_thread(Store.open, settings.records)
    registry = server_registry()
    house = House(settings, store, registry)
    drain = Drain(settings.server.drain_ms)
    began = time.monotonic()
    try:
        app = create_app(
            settings,
            answer=house.answer,
            business_for=house.business_for,
            businesses=house.businesses,
            busy_audio=house.busy_audio,
            busy_text=house.busy_text,
            call_document=store.document,
            ready=house.why_not_ready,
            shown=house.shown,
            drain=drain,
            registry=registry,
        )
        opened = asyncio.Event()
        address: list[str] = []

        def on_ready(url: str) -> None:
            address.append(url)
            opened.set()

        async with asyncio.TaskGroup() as tasks:
            serving = tasks.create_task(listen(app, settings, on_ready), name="server")
            loading = tasks.create_task(_load(house, opened), name="loading")
            loading.add_done_callback(
                lambda task: None if _failed(task) else _announce(address[0], began, ready_file, show=show)
            )
            helpers = [
                tasks.create_task(house.say_goodbyes(drain), name="goodbyes"),
                tasks.create_task(house.purge(), name="retention"),
                tasks.create_task(house.watch_adapters(), name="adapters"),
                tasks.create_task(watch_loop(registry), name="loop-watch"),
            ]
            await serving
            for helper in (*helpers, loading):
                helper.cancel()
    except BaseExceptionGroup as group:
        raise _first(group) from None
    finally:
        await house.close()
        await store.close()


async def _load(house: "House", opened: asyncio.Event) -> None:
    await opened.wait()
    await house.open()


def _failed(task: "asyncio.Task[None]") -> bool:
    return task.cancelled() or task.exception() is not None


def _first(group: BaseExceptionGroup) -> BaseException:
    """The error that brought the others down."""
    first = group.exceptions[0]
    return _first(first) if isinstance(first, BaseExceptionGroup) else first


def _announce(url: str, began: float, ready_file: Path | None, *, show: bool) -> None:
    say(f"listening on {url} after {time.monotonic() - began:.1f} s")
    if ready_file is not None:
        part = ready_file.with_name(ready_file.name + ".part")
        part.write_text(json.dumps({"port": int(url.rsplit(":", 1)[1]), "url": url}))
        os.replace(part, ready_file)
    if show:
        show_page(url)


class House:
    """The businesses and engines of this server, opened once."""

    def __init__(self, settings: "Tree", store: Any, registry: "CollectorRegistry") -> None:
        from agent.call.metrics import CallMetrics
        from agent.dialogue import business_title, businesses
        from telephony.softphone.recorded_callers import show_business

        self._settings = settings
        self._store = store
        self._registry = registry
        self._metrics = CallMetrics(registry)
        self._metrics.watch_records(lambda: store.kept_writes)
        folders = businesses(settings)
        self.businesses = tuple(folders)
        self.shown = [show_business(name, business_title(folder), folder) for name, folder in folders.items()]
        self._dialogues: dict[str, Any] = {}
        self._engines: Any = None
        self._session: CallSession | None = None
        self._busy: dict[str, bytes] = {}
        self._reason: str | None = "The engines are being loaded."
        self._opened = asyncio.Event()

    async def open(self) -> None:
        """Loads engines and businesses, warms them, makes the busy sentences' sound."""
        from agent.call.earlier_turns import EarlierTurns
        from agent.call.engines import Engines
        from agent.call.metered import metered
        from agent.call.session import CallSession
        from agent.dialogue import open_dialogue

        opened = self._engines = await Engines.open(self._settings, _progress)
        engines = metered(opened, self._registry)
        _progress("businesses")
        for name in self.businesses:
            dialogue = await asyncio.to_thread(
                open_dialogue, self._settings, name, engines.llm, history=EarlierTurns(self._store)
            )
            self._dialogues[name] = dialogue
            await asyncio.to_thread(dialogue.read_documents, self._settings.knowledge.watch_ms)
        phrases = []
        for dialogue in self._dialogues.values():
            greeting = dialogue.open().greeting()
            phrases += [sentence.spoken async for sentence in greeting.sentences]
            phrases += dialogue.fixed_phrases
        await engines.warm(phrases, _progress)
        for dialogue in self._dialogues.values():
            await dialogue.warm()
        for name, dialogue in self._dialogues.items():
            self._busy[name] = await _mulaw(engines.tts, dialogue.phrase("busy"))
        self._session = CallSession(self._settings, engines, self._dialogue_for, self._store, self._metrics)
        self._reason = None
        self._opened.set()

    async def watch_adapters(self) -> None:
        """Takes changed adapters of the language model into use, once the engines are open."""
        await self._opened.wait()
        if self._engines.llm is not None:
            await self._engines.llm.watch(self._settings.llm.watch_ms)

    async def close(self) -> None:
        for dialogue in self._dialogues.values():
            dialogue.close()
        if self._engines is not None:
            await self._engines.close()

    async def answer(self, call: "IncomingCall") -> "EndedBy":
        assert self._session is not None, "the server lets no call in before the engines are warm"
        return await self._session.answer(call)

    def _dialogue_for(self, call: "IncomingCall") -> Any:
        return self._dialogues[call.business or self._settings.dialogue.default_business]

    def business_for(self, called: str) -> str | None:
        from agent.dialogue import business_for_number

        return business_for_number(self._settings, called)

    def busy_audio(self, business: str) -> bytes:
        return self._busy.get(business, b"")

    def busy_text(self, business: str) -> str:
        dialogue = self._dialogues.get(business)
        return dialogue.phrase("busy") if dialogue else "All our lines are busy. Please call again."

    def why_not_ready(self) -> str | None:
        return self._reason

    async def say_goodbyes(self, drain: "Drain") -> None:
        """When the drain's time is over, each call hears a sentence and ends."""
        await drain.farewell.wait()
        if self._session is not None:
            await self._session.close_all()

    async def purge(self) -> None:
        """Deletes calls that are older than the retention, every hour."""
        from loguru import logger

        from agent.call.records import RecordsError

        while True:
            try:
                await self._store.purge(self._settings.records.retention_days)
            except RecordsError as error:
                logger.error("old calls are still there, to be tried again in an hour: {}", error)
            await asyncio.sleep(PURGE_EVERY_S)


async def _mulaw(tts: Any, text: str) -> bytes:
    """A phrase as mu-law at 8 kHz."""
    import audioop

    pcm = b"".join([chunk.tobytes() async for chunk in tts.speak(text)])
    return audioop.lin2ulaw(pcm, 2)


def _progress(what: str) -> None:
    say(f"loading {what} ...")
