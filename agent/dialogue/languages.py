"""Which language other than English was asked for, or is spoken, by its small words. Pure.

A recogniser of English writes other languages as it can; their commonest words come out right often enough
to be told by. Words that English has too are left out.
"""

import re
import unicodedata

NAMES = {
    "es": "spanish espanol castellano castilian",
    "fr": "french francais francaise",
    "de": "german deutsch deutsche",
    "it": "italian italiano",
    "pt": "portuguese portugues brazilian",
    "nl": "dutch nederlands",
    "pl": "polish polski polsku",
    "zh": "chinese mandarin cantonese",
    "ru": "russian russkiy",
    "ar": "arabic",
    "hi": "hindi",
    "ja": "japanese",
    "ko": "korean",
    "vi": "vietnamese",
    "tl": "tagalog filipino",
    "uk": "ukrainian",
    "tr": "turkish",
}
WORDS = {
    "es": "hola buenos buenas dias tardes noches el la los las una unos por para con sin que qué donde dónde "
    "cuando cuándo como cómo cuanto mi tu su es está esta esto son hay quiero necesito puedo puede tengo "
    "tiene habla hablas hablo español entiendo gracias favor señor señora pedido si sí pero muy usted "
    "alguien inglés",
    "fr": "bonjour bonsoir le la les une des du de je vous nous il elle est suis êtes sont avez avoir parlez "
    "parler voudrais veux peux pouvez ou où quand comment combien mon ma mes votre vos merci oui "
    "avec dans commande quel quelle que qui anglais plaît",
    "de": "guten tag morgen abend ich sie wir bin ist sind habe haben hat möchte kann können sprechen "
    "spreche der das den dem ein eine einen mein meine ihr ihre bitte danke ja nein nicht und oder mit für "
    "auf wo wann wie viel bestellung englisch",
    "it": "buongiorno buonasera ciao il lo la gli una di che dove quando come quanto mio mia sono è ho hai "
    "vorrei posso può parla parlate grazie per favore prego ordine sì italiano con senza",
    "pt": "olá bom dia boa tarde noite os as um uma que onde quando como quanto meu minha eu você é está são "
    "tenho quero preciso posso fala obrigado obrigada por favor sim não com sem pedido",
}
LEAST_WORDS = 2
LEAST_SHARE = 0.5


def _bare(word: str) -> str:
    """Without accents: a recogniser leaves them out."""
    return "".join(sign for sign in unicodedata.normalize("NFD", word) if not unicodedata.combining(sign))


_NAMES = {code: frozenset(names.split()) for code, names in NAMES.items()}
_ENGLISH_TOO = frozenset(
    "as come me no on die hat was in do son si sin an am per con dove pour sans um comment est hay bin elle "
    "den mit des il des ha os".split()
)
_WORDS = {
    code: frozenset(_bare(word) for word in words.split()) - _ENGLISH_TOO for code, words in WORDS.items()
}


def language_named(text: str) -> str | None:
    """Code of a language that `text` names ("do you speak Spanish?"), or None."""
    said = _said(text)
    return next((code for code, names in _NAMES.items() if names & set(said)), None)


def language_spoken(text: str) -> str | None:
    """Code of another language that `text` seems to be in; None where it may be English."""
    said = _said(text)
    if not said:
        return None
    if letters := [sign for sign in text if sign.isalpha()]:
        if sum("LATIN" not in unicodedata.name(sign, "") for sign in letters) > len(letters) / 2:
            return "other"
    counts = {code: sum(word in words for word in said) for code, words in _WORDS.items()}
    code = max(counts, key=lambda one: counts[one])
    enough = counts[code] >= LEAST_WORDS and counts[code] >= LEAST_SHARE * len(said)
    return code if enough else None


def _said(text: str) -> list[str]:
    return re.findall(r"[^\W\d_]+(?:'[^\W\d_]+)?", _bare(text.lower().replace("’", "'")))
