"""Words that the check of claims goes by: units, actions, states, modals, comparisons. Data only."""

from decimal import Decimal
from functools import lru_cache

CURRENCY_WORDS = frozenset("dollar dollars buck bucks pound pounds euro euros usd eur gbp".split())
MULTIPLES = {
    "once": Decimal(1), "twice": Decimal(2), "thrice": Decimal(3), "double": Decimal(2), "triple": Decimal(3),
    "doubled": Decimal(2), "tripled": Decimal(3),
}  # fmt: skip
_UNIT_FORMS = {
    "second": "seconds sec secs s", "minute": "minutes min mins", "hour": "hours hr hrs h", "day": "days",
    "night": "nights", "week": "weeks wk wks", "month": "months mo", "year": "years yr yrs", "time": "times",
    "kilogram": "kilograms kg kgs kilo kilos", "gram": "grams g", "pound": "lb lbs", "ounce": "ounces oz",
    "centimeter": "centimeters cm", "millimeter": "millimeters mm", "meter": "meters m",
    "kilometer": "kilometers km", "mile": "miles mi", "foot": "feet ft", "inch": "inches in",
    "liter": "liters l litre litres", "milliliter": "milliliters ml", "gigabyte": "gigabytes gb",
    "megabyte": "megabytes mb", "terabyte": "terabytes tb", "watt": "watts w", "volt": "volts v",
    "degree": "degrees °", "km/h": "km/h", "hertz": "hz", "percent": "%",
}  # fmt: skip
UNITS = {form: unit for unit, forms in _UNIT_FORMS.items() for form in [unit, *forms.split()]}
"""Written or spoken form -> unit; "second" and "pound" (money) are read before."""
CLOSED_UNITS = frozenset(_UNIT_FORMS)
NEUTRAL_NAMES = frozenset("window period deadline limit duration warranty policy notice length time".split())
"""In a fact's name: a number without a unit may be of any unit."""
MONEY_NAMES = frozenset(
    "price total amount fee cost balance due refund paid charge subtotal tax shipping deposit credit "
    "discount "
    "payment bill rate salary value sum".split()
)
PERCENT_NAMES = frozenset("percent percentage rate discount tax off".split())
CODE_NAMES = frozenset(
    "id number code order account reference ref tracking sku pin invoice zip postcode phone ticket".split()
)
"""In a fact's name, or before a number: it is a code, not a count."""
NOT_ONE_BEFORE = frozenset(
    "this that which the another no each every any some other only last next new blue red right wrong "
    "good same "
    "small large nice first second third".split()
)
NOT_ONE_AFTER = frozenset("moment of more second by another at time thing last to".split())

ACTIONS = {
    "refund": ("refund", "reimburs"), "cancel": ("cancel",), "ship": ("ship", "dispatch"),
    "deliver": ("deliver", "arriv"), "return": ("return",), "exchange": ("exchang", "replac", "swap"),
    "charge": ("charg",), "pay": ("pay", "paid"), "bill": ("bill", "invoic"), "credit": ("credit",),
    "book": ("book", "schedul", "reserv", "appointment"), "confirm": ("confirm",), "approve": ("approv",),
    "accept": ("accept",), "decline": ("declin", "reject", "denied", "deny"), "waive": ("waiv",),
    "discount": ("discount",), "repair": ("repair",), "upgrade": ("upgrad",),
    "send": ("send", "sent", "mail"),
    "receive": ("receiv",), "process": ("process",), "extend": ("extend", "extension"),
    "activate": ("activat",), "close": ("close", "closing"), "open": ("open",), "cover": ("cover",),
    "guarantee": ("guarant",), "warranty": ("warrant",), "offer": ("offer",), "sell": ("sell", "sold"),
    "insure": ("insur",), "delete": ("delet", "remov"), "update": ("updat", "chang"),
    "add": ("added", "adds"),
    "delay": ("delay",), "lose": ("lost",), "eligible": ("eligib", "entitl", "qualif"),
    "allow": ("allow", "permit"),
    "require": ("requir",), "include": ("includ",), "renew": ("renew",), "expire": ("expir",),
    "donate": ("donat",), "compensate": ("compensat",), "resolve": ("resolv", "fixed"),
    "restock": ("restock",),
    "available": ("availab",), "stock": ("stock",), "collect": ("collect", "pickup"), "verify": ("verif",),
    "transfer": ("transfer",), "register": ("registr", "register"), "track": ("tracked",),
    "complete": ("completed",), "pend": ("pending",), "overdue": ("overdue",), "void": ("void",),
    "order": ("ordered",), "subscribe": ("subscri",), "suspend": ("suspend",), "lock": ("locked", "unlock"),
}  # fmt: skip
"""What a business does or a thing's state: stem -> beginnings of its words. Each needs a fact."""
_ACTION_EXCEPTIONS = frozenset(
    "billion returned_call offerings openly bookmark covers-up payphone stocking changeable mailbox opening "
    "closing closest closely booklet addition address".split()
) - {"opening", "closing"}  # fmt: skip
DOING = frozenset(
    "check look see find try help assist ask repeat tell explain say read wait need want understand know "
    "take be "
    "have get go do make let hear listen think hope appreciate apologize spell describe walk guide show give "
    "answer speak talk hold start begin keep stay happy glad able here sorry happily gladly just now also "
    "quickly first then still only please like love".split()
)
"""Verbs of a conversation: "I'll check" promises nothing to the business."""
CONVERSATIONAL = frozenset(
    "call calling press hold wait ask tell say repeat spell help speak talk hear".split()
)
PLEDGES = (
    "guarantee",
    "guaranteed",
    "promise",
    "assure",
    "ensure",
    "make sure",
    "rest assured",
    "pledge",
    "swear",
)
POLICY_WORDS = frozenset(
    "always unlimited lifetime instantly immediately automatically permanently completely entire fully "
    "exclusive "
    "complimentary mandatory illegal nonrefundable non-refundable".split()
)
NEGATORS = frozenset(
    "not never no cannot can't don't doesn't didn't won't isn't aren't wasn't weren't hasn't haven't "
    "shouldn't "
    "wouldn't couldn't mustn't needn't unable without neither nor nothing none nobody hadn't ain't".split()
)
COMPARISONS = frozenset(
    "better best worse worst more less fewer most least cheaper cheapest faster fastest slower slowest "
    "larger "
    "largest bigger biggest smaller smallest higher highest lower lowest longer longest shorter shortest "
    "earlier "
    "earliest later latest newer newest older oldest stronger strongest lighter lightest heavier "
    "heaviest easier "
    "easiest safer safest quicker quickest greater greatest finest warmer "
    "softer sooner superior inferior".split()
)
COMPARED_ALOUD = (
    "anything more", "something more", "one more", "no more", "more about", "more information",
    "more details",
    "more help", "tell me more", "know more", "any more", "at least", "best wishes", "at most",
    "more or less",
    "once more", "no longer", "later today", "call later", "see you later", "talk to you later", "any longer",
    "earlier today", "more time", "a little more", "at the latest", "best way to help", "do my best",
    "anything better", "call back later", "no later", "feel better", "more questions", "more clearly",
)  # fmt: skip
"""Turns of phrase that compare nothing."""
BOUNDS = (
    "more than", "less than", "fewer than", "at least", "at most", "up to", "over", "under",
    "nearly", "almost",
    "no more than", "above", "below",
)  # fmt: skip
"""Before a number: they change what it says."""
STOPS = frozenset(
    "a an the and or but of to in on at for from with by as is are was were be been being am do does did "
    "have has "
    "had will would can could may might must shall should i you he she it we they me him her us them my "
    "your his "
    "its our their this that these those there here what which who when where how not no yes so if then "
    "than too "
    "very just also only any some all each every other into out up down over about after before again "
    "now your "
    "item items order orders please".split()
)


@lru_cache(maxsize=8192)
def stem(word: str) -> str:
    """The action's name behind "@", or the word without its ending."""
    low = word.lower().replace("’", "'")
    low = low[:-2] if low.endswith("'s") else low
    if low not in _ACTION_EXCEPTIONS:
        bare = low[3:] if low.startswith("non") else low
        for name, beginnings in ACTIONS.items():
            if bare.startswith(beginnings):
                return f"@{name}"
    for ending in (
        "ations",
        "ation",
        "ments",
        "ment",
        "ings",
        "ing",
        "ied",
        "ies",
        "ed",
        "es",
        "s",
        "ly",
        "e",
    ):
        if low.endswith(ending) and len(low) - len(ending) >= 3:
            low = low[: -len(ending)]
            break
    return low[:-1] if len(low) > 3 and low[-1] == low[-2] and low[-1] not in "ls" else low


def is_action(word: str) -> bool:
    """Whether `word` speaks of something that the business does, or of a thing's state."""
    return stem(word).startswith("@")
