"""Words that mean the same to a caller, and words that state nothing by themselves. Data, and one look-up."""

import re
from functools import lru_cache, partial

from agent.dialogue.claims_words import NEGATORS, STOPS, UNITS, stem

_ALIKE = (
    "price cost fee rate total amount charge pay worth run",
    "balance owe due outstanding amount bill",
    "due pay payment deadline owe until",
    "total come order purchase sum",
    "deliver delivery arrive arrival expect expected reach bring carrier courier get here due",
    "ship shipped dispatch dispatched send sent",
    "order parcel package shipment purchase",
    "carrier courier bring ship",
    "weight weigh heavy",
    "duration last take long length",
    "doctor physician see with appointment",
    "appointment book booked booking reservation reserve reserved visit",
    "table seat booked reserved",
    "start begin commence since time",
    "end finish expire expiry run until last over",
    "due return expire back",
    "departure depart leave checkout",
    "arrival arrive check checkin stay",
    "stay night arrival departure booking",
    "open opening hours opens reopen =closes =close",
    "closed close holiday shut",
    "weekday weekdays monday friday",
    "phone telephone number call reach ring contact",
    "mail email address write",
    "human person someone colleague agent people",
    "people person guest guests party",
    "guest name booking",
    "name called title",
    "item items product article thing piece goods",
    "return returned bring",
    "refund reimburse",
    "vaccination vaccine vaccinated shot jab",
    "medical health",
    "missing need lacking",
    "need require required must necessary obligatory mandatory",
    "allow allowed permit permitted welcome accept",
    "not-allowed forbidden prohibited banned",
    "keep borrow loan lend",
    "child children kid minor under",
    "adult grown-up",
    "room suite",
    "ready done finish finished complete completed fixed",
    "fix fixed repair repaired mend resolve resolved",
    "work working job mechanic technician repair",
    "state status condition",
    "wait waiting pending",
    "outage interruption disruption down",
    "plan tariff package subscription contract",
    "speed fast megabits mbps",
    "contract agreement",
    "mileage mile miles kilometer driven",
    "plate registration licence license",
    "car vehicle",
    "estimate estimated quote quoted",
    "teach teacher instructor teaches taught",
    "course class lesson",
    "place places spot spots seat seats space",
    "left remaining remain available free",
    "lesson session",
    "stock available availability left",
    "warranty guarantee",
    "replacement replace new",
    "filed file submitted submit",
    "review reviewed reviewing",
    "adjuster handle handles handling",
    "deductible excess",
    "cover covered coverage insured",
    "fine penalty late",
    "late delayed overdue delay",
    "free complimentary gratis nothing",
    "discount reduction rebate off",
    "cheap inexpensive price",
    "change changed move moved reschedule rescheduled",
    "exchange exchanged swap swapped change changed",
    "check cheque",
    "unless except",
    "about around approximately roughly usually normally typically generally",
    "cancel cancelled call-off",
    "block blocked freeze frozen lock locked",
    "include included come contain contains cover covered part",
    "extra additional separate separately",
    "member membership",
    "made make contain contains",
    "film movie dvd",
    "dog pet",
    "park parking",
    "prescription medicine medication",
    "reading meter",
    "area postcode district region neighbourhood",
    "period month quarter for",
    "autopay automatic",
)  # fmt: skip
"""Each line: words any of which may be said where a fact has another of them. No opposites among them."""
_PHRASES = (
    (re.compile(r"\bon (?:its|the|their) way\b"), "shipped"),
    (re.compile(r"\b(?:(send|give|bring|take|sen[dt]|giv(?:e|ing)|tak(?:e|en|ing)|go|gets?|goes|come)s?)"
                r"(?: (?:it|them|that|this|items?))? back\b"), "return"),
    (re.compile(r"\b(?:called|call|calling) (?:it |that |this )?off\b"), "cancelled"),
    (re.compile(r"\bmoney back\b"), "refund"),
    (re.compile(r"\b(?:by|a|per|with) (?:check|cheque)s?\b"), "cheque"),
    (re.compile(r"\ba (?:whole|full) (?=(?:hour|day|night|week|month|year)\b)"), ""),
    (re.compile(r"\bwent ahead and\b|\bgo ahead and\b|\bgot you down\b|\b(?:need|needs|have|has) to\b"), ""),
    (re.compile(r"\b(?:pick|picks|picked) (?:it |them |that |this )?up\b"), "collect"),
    (re.compile(r"\bout of stock\b"), "not in stock"),
    (re.compile(r"\bon time\b"), "ontime"),
    (re.compile(r"\bfree of charge\b|\bat no (?:extra )?(?:charge|cost)\b"), "free"),
    (re.compile(r"\bcheck(?:s|ed|ing)? out\b|\bcheck-out\b"), "departure"),
    (re.compile(r"\bcheck(?:s|ed|ing)? in\b|\bcheck-in\b"), "arrival"),
)  # fmt: skip
"""Several words that mean one."""
LIGHT = frozenset(
    # verbs that need an object to say anything
    "be have do get got give given go goes going come comes came make makes made take takes taken let see "
    "say says said find found know keep want like mean seem look looks looking show shows call called put "
    "stand stands hold set use used happen happens leave tell told expect expecting expected know "
    "understand hear thank thanks check checking run runs turn "
    # of the conversation
    "hi hello okay ok yes yeah well sure right great good news sorry afraid unfortunately course certainly "
    "absolutely welcome pleasure glad happy moment second problem help information detail details question "
    "answer apologize apologies apology matter thing things way case word moment hear "
    "one ones perfect fine wonderful alright goodbye bye "
    # small ones
    "currently actually really already still yet soon indeed too quite about around altogether there here "
    "able according also another both else even ever exactly far however instead least made many may maybe "
    "much must per rather same since such though through together under until up upon us via whose within "
    "while without between down off out only more again back own ago away along that's it's there's on-going "
    "day days week weeks month months year years hour hours minute minutes time times date dates number "
    "today tomorrow yesterday tonight morning afternoon evening night noon midnight clock "
    "dollar dollars cent cents pound pounds euro euros percent am pm a.m p.m half quarter next last this "
    "because since although though while when where if whether whose dash letter quick current "
    "currently exact "
    "exactly recap following same done first dear mr mrs ms miss sir madam dr oh zero double triple "
    "point and plus "
    "showing says record records system side end part kind sort bit lot sure please".split()
)  # fmt: skip
"""Words that state nothing without another word beside them."""


@lru_cache(maxsize=1)
def _classes() -> dict[str, frozenset[int]]:
    found: dict[str, set[int]] = {}
    for place, line in enumerate(_ALIKE):
        for word in line.split():
            if word.startswith("="):  # this form only
                found.setdefault(word[1:], set()).add(place)
                continue
            found.setdefault(stem(word), set()).add(place)
            found.setdefault(word, set()).add(place)
    return {word: frozenset(places) for word, places in found.items()}


OPPOSITES = {
    "closed": "open", "shut": "open", "unavailable": "available", "excluded": "included",
    "impossible": "possible", "forbidden": "allowed", "prohibited": "allowed", "banned": "allowed",
    "invalid": "valid", "unpaid": "paid", "incomplete": "complete", "unwelcome": "welcome",
    "inactive": "active", "delayed": "ontime", "late": "ontime", "overdue": "ontime",
    "unfinished": "finished", "unopened": "opened",
}  # fmt: skip
"""A word that denies another: "closed" is "not open"."""
MONEY = frozenset({0, 1, 2})
"""Groups of words that only say that a sum is one."""


def normal(low: str) -> str:
    """`low` with what is said in several words said in one, as long as before."""
    for pattern, word in _PHRASES:
        low = pattern.sub(partial(_as_long, word), low)
    return low


def _as_long(word: str, match: re.Match[str]) -> str:
    return word[: len(match[0])].ljust(len(match[0]))


@lru_cache(maxsize=8192)
def meanings(word: str) -> frozenset[str | int]:
    """The word's stem and the groups of words that it belongs to."""
    low = word.lower().replace("’", "'")
    low = low[:-2] if low.endswith("'s") else low
    name = stem(low)
    opposite = OPPOSITES.get(low)
    turned = frozenset() if opposite is None else meanings(opposite)
    return frozenset((name,)) | turned | _classes().get(low, frozenset()) | _classes().get(name, frozenset())


def is_light(word: str) -> bool:
    """Whether a word states nothing by itself."""
    if word in LIGHT or word in STOPS or word in NEGATORS or word in UNITS:
        return True
    bare = re.sub(r"(?:ing|ed|s)$", "", word)
    doubled = bare[-2:-1] == bare[-1:]
    return bare != word and (bare in LIGHT or f"{bare}e" in LIGHT or (doubled and bare[:-1] in LIGHT))


def related(one: str, other: str) -> bool:
    """Whether one stem is the other with an ending: "mile" and "mileage", "teach" and "teacher"."""
    short, long = sorted((one, other), key=len)
    rest = long[len(short) :]
    return len(short) >= 4 and long.startswith(short) and len(rest) <= 4 and rest not in {"less", "free"}
