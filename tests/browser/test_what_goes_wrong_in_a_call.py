"""What changes or breaks in a call: switches, microphone, sound, recorded callers, replies cut off."""

import json
from base64 import b64encode
from collections.abc import Iterator

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, WebSocketRoute

from bench.chromium import in_phase
from telephony.line.mulaw import encode
from tests.browser.chromium import open_page, saved
from tests.browser.test_notices import FAKES, notice
from tests.call.program import Server, start

STREET = "**/web/audio/street.wav"
KEEP_CONTEXTS = """() => {
  window.contexts = [];
  const Kept = window.AudioContext;
  window.AudioContext = class extends Kept {
    constructor(...given) { super(...given); window.contexts.push(this); }
  };
}"""
GIVE_MICROPHONE = """() => {
  window.asked = 0;
  navigator.mediaDevices.getUserMedia = async () => {
    window.asked += 1;
    const tone = new OscillatorNode(new AudioContext(), {frequency: 440});
    const out = new MediaStreamAudioDestinationNode(tone.context);
    tone.connect(out);
    tone.start();
    window.track = out.stream.getAudioTracks()[0];
    return out.stream;
  };
}"""
KEEP_SOURCES = """() => {
  window.talking = 0;
  const Kept = window.AudioBufferSourceNode;
  window.AudioBufferSourceNode = class extends Kept {
    start(...given) {
      window.talking += 1;
      this.addEventListener('ended', () => { window.talking -= 1; });
      super.start(...given);
    }
  };
}"""
WAKE = """() => {
  window.locks = [];
  Object.defineProperty(navigator, 'wakeLock', {value: {request: async () => {
    const lock = {free: false, release: async () => { lock.free = true; }};
    window.locks.push(lock);
    return lock;
  }}});
}"""


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server without engines: its calls have sounds, and no words are heard."""
    running = start(tmp_path_factory.mktemp("small"), *FAKES)
    yield running
    running.stop()


@pytest.fixture
def page(silent: Browser, small: Server) -> Iterator[Page]:
    opened = open_page(silent, small.port, bypass_csp=True)
    opened.wait_for_selector("[data-caller]")
    yield opened
    opened.context.close()


def test_the_noise_switch_is_as_it_was_pressed_last_however_late_its_sound_comes(page: Page, tmp_path):
    held: list = []
    page.route(STREET, lambda route: held.append(route))
    page.click("#noisy")
    page.wait_for_timeout(200)
    assert len(held) == 1
    page.click("#noisy")
    assert page.locator("#noisy").get_attribute("aria-pressed") == "false"
    held[0].continue_()
    page.click("#call")
    in_phase(page, "live")
    page.wait_for_timeout(1_500)
    page.keyboard.press("Escape")
    in_phase(page, "ended")
    caller = saved(page, tmp_path / "quiet.wav")[:, 0].astype(float)
    assert np.sqrt(np.mean(caller**2)) == 0, "the line is as quiet as the switch says"


def test_a_noise_that_cannot_be_loaded_switches_itself_off(page: Page):
    page.route(STREET, lambda route: route.abort())
    page.click("#noisy")
    assert "stays clear" in notice(page, "noise")
    assert page.locator("#noisy").get_attribute("aria-pressed") == "false"


def test_a_microphone_that_is_lost_in_the_call_is_told_and_can_be_had_again(page: Page):
    page.evaluate(GIVE_MICROPHONE)
    page.click("#call")
    in_phase(page, "live")
    page.wait_for_function("window.track")
    page.wait_for_timeout(300)
    page.evaluate("track.dispatchEvent(new Event('ended'))")
    assert "hears silence" in notice(page, "microphone-lost")
    in_phase(page, "live")
    page.click("#notice >> text=Use the microphone again")
    page.wait_for_function("window.asked === 2")
    assert page.locator("#notice").is_hidden()


def test_sound_that_the_browser_stops_is_told_and_taken_up_again(page: Page):
    page.evaluate(KEEP_CONTEXTS)
    page.click("#call")
    in_phase(page, "live")
    page.wait_for_function("contexts[0].state === 'running'")
    page.evaluate("() => { contexts[0].resume = () => Promise.reject(new Error('a click is needed')); }")
    page.evaluate("contexts[0].suspend()")
    assert "stopped the sound" in notice(page, "asleep")
    page.evaluate("delete contexts[0].resume")
    page.click("#notice >> text=Go on")
    page.wait_for_function("contexts[0].state === 'running'")
    page.wait_for_selector("#notice", state="hidden")
    in_phase(page, "live")


def test_one_recorded_caller_talks_at_a_time(page: Page):
    page.evaluate(KEEP_SOURCES)
    callers = page.locator("[data-caller]")
    callers.nth(0).click()
    page.wait_for_function("window.talking === 1", timeout=30_000)
    callers.nth(1).click()
    page.wait_for_function("window.talking === 0", timeout=1_000)
    page.wait_for_function("window.talking === 1", timeout=30_000)
    assert callers.nth(1).get_attribute("aria-pressed") == "true"


def test_the_screen_is_kept_on_again_after_the_page_was_hidden(page: Page):
    page.evaluate(WAKE)
    page.click("#call")
    in_phase(page, "live")
    page.wait_for_function("locks.length === 1")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.wait_for_function("locks.length === 2")
    page.keyboard.press("Escape")
    in_phase(page, "ended")
    page.wait_for_function("locks[1].free")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    assert page.evaluate("locks.length") == 2


def test_a_reply_that_was_cut_off_is_told_to_a_screen_reader_once(silent: Browser, small: Server):
    page = open_page(silent, small.port, bypass_csp=True)
    page.wait_for_selector("[data-caller]")
    sockets: list[WebSocketRoute] = []
    page.route_web_socket("**/softphone*", lambda socket: sockets.append(socket))
    page.evaluate(
        """() => {
          window.told = [];
          const region = document.getElementById('announcer');
          new MutationObserver(() => window.told.push(region.textContent)).observe(region, {childList: true});
        }"""
    )
    page.click("#call")
    in_phase(page, "live")
    tone = np.round(8_000 * np.sin(np.arange(16_000) * 2 * np.pi * 440 / 8_000)).astype(np.int16)
    sentence = {"text": "We're open from nine to six.", "verdict": "approved", "heard": "none", "facts": []}
    turn = {
        "n": 1,
        "kind": "reply",
        "transcript": "When are you open?",
        "text": sentence["text"],
        "heard_text": "",
        "interrupted": False,
        "sentences": [sentence],
        "caller": [],
        "caught": [],
        "stages": {},
    }

    def say(event: str, **more: object) -> None:
        sockets[0].send(json.dumps({"event": event, **more}))

    say("turn", turn=turn)
    say("mark", mark={"name": "b.1.1.0"})
    say("media", media={"payload": b64encode(encode(tone)).decode()})
    page.wait_for_selector("[data-state=speaking]")
    say("clear")
    page.wait_for_timeout(100)
    say(
        "turn",
        turn={
            **turn,
            "interrupted": True,
            "heard_text": "We're open",
            "sentences": [{**sentence, "heard": "part"}],
        },
    )
    page.wait_for_function("window.told.some((text) => text.includes('open?'))", timeout=5_000)
    page.wait_for_timeout(1_500)
    told = [text for text in page.evaluate("window.told") if "open?" in text]
    assert told == ["You: When are you open? Agent: We're open"]
    page.context.close()


@pytest.mark.parametrize(
    ("status", "said"),
    [(501, "needs the extra 'webrtc'"), (400, "unknown business")],
)
def test_an_offer_that_is_refused_says_what_the_server_says(
    silent: Browser, small: Server, status: int, said: str
):
    page = open_page(silent, small.port, "/?transport=webrtc", bypass_csp=True)
    page.wait_for_selector("[data-caller]")
    page.route("**/softphone/offer*", lambda route: route.fulfill(status=status, json={"error": said}))
    page.click("#call")
    told = notice(page, "offer")
    assert said in told and "WebRTC" in told
    in_phase(page, "ended")
    assert page.thrown == []  # type: ignore[attr-defined]
    page.context.close()


def test_a_business_that_is_the_only_one_is_no_choice_and_none_is_not_shown(silent: Browser, small: Server):
    offer = {"default": "one", "businesses": [{"name": "one", "title": "The One", "callers": []}]}
    context = silent.new_context()
    page = context.new_page()
    page.route("**/softphone/businesses", lambda route: route.fulfill(json=offer))
    page.goto(f"http://127.0.0.1:{small.port}/")
    page.wait_for_selector("#business.only")
    assert page.evaluate("getComputedStyle(document.getElementById('business')).backgroundImage") == "none"
    page.unroute("**/softphone/businesses")
    page.route("**/softphone/businesses", lambda route: route.fulfill(status=401))
    page.reload()
    notice(page, "token")
    assert page.locator("#business").is_hidden()
    context.close()
