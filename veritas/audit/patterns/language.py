"""Detect the language of the texts on a page: by what the page declares, and by the most frequent words.

A page often declares no language, or that of its template. So the words decide where they are clear, and what the page
declares decides where they are not. A text in a language without rules is not read, which is reported.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from veritas.audit.patterns.lexicon import LANGUAGES

if TYPE_CHECKING:
    from veritas.audit.patterns.dom_snapshot import Element, Snapshot

DEFAULT = "en"
UNKNOWN = "und"  # as in BCP 47

# The most frequent words of each language, those of shops among them. Languages without rules are here so that their
# texts are not taken for their neighbours'.
_FREQUENT = {
    "en": "the and of to for with your you our this that are is be from have has by on at or was we it not more all"
    " can "
    "will free add cart basket shop price delivery shipping sign up now only buy order out no left stock",
    "de": "der die das und ist nicht mit für auf ein eine einen einem einer den dem des im von zu zum zur wir sie ihr "
    "ihre ihren sich auch nur noch oder bei aus nach werden wird haben hat sind als jetzt kaufen warenkorb versand "
    "kostenlos preis bestellen lieferung uhr stück zzgl inkl mwst anmelden konto mehr ich mein meine kein keine",
    "fr": "le la les des du et est une un dans pour avec sur vous votre vos nous notre ce cette qui que pas ne plus ou "
    "au aux par en de je mon mes ma il panier acheter livraison gratuit gratuite prix ajouter commander commande "
    "tous toutes sont offre compte se connecter article articles",
    "es": "el la los las de del y en un una por para con su sus que no es se al lo como más o este esta tu tus"
    " nosotros "
    "son yo mi mis carrito comprar envío gratis precio añadir pedido oferta cuenta ya hay solo sólo ahora quedan"
    " unidades",
    "it": "il lo la gli le di del della dei delle e è un una per con che non si al alla nel nella da dal questo questa "
    "tuo tua tuoi sono ho mio mia più o solo carrello acquista acquistare spedizione gratis gratuita prezzo aggiungi "
    "ordine offerta subito ancora rimasti articoli",
    "nl": "de het een en van in is op te dat voor met niet zijn aan er om ook als bij nog uw je jouw wij onze naar"
    " maar "
    "winkelwagen gratis verzending prijs bestellen kopen in voorraad toevoegen",
    "pt": "o a os as de do da dos das e em no na nos nas um uma para com que não por mais ao seu sua você nós se foi "
    "carrinho comprar frete grátis preço adicionar pedido oferta conta já apenas só",
    "sv": "och att det som en ett på är av för med till den inte har om vi du din ditt så kan nu köp varukorg frakt",
    "da": "og at det som en et på er af for med til den ikke har om vi du din dit så kan nu køb kurv fragt levering",
    "no": "og å det som en et på er av for med til den ikke har om vi du din ditt så kan nå kjøp handlekurv frakt",
    "fi": "ja on ei se että hän oli mutta niin kuin myös vain nyt ostoskori osta toimitus ilmainen hinta lisää",
    "pl": "i w na z do się nie że jest to o jak dla od za po przez twój twoje koszyk kup dostawa cena dodaj teraz"
    " tylko",
    "cs": "a v na je se že to s z do o pro jako za po ve by košík koupit doprava zdarma cena přidat nyní pouze jen",
    "ro": "și în de la cu pe nu este un o să din pentru mai care sau coș cumpără livrare preț adaugă acum doar",
    "hu": "a az és hogy nem is egy de van csak most kosár vásárlás szállítás ingyenes ár kosárba",
    "tr": "ve bir bu için ile de da çok daha en ne var sepet satın al ücretsiz kargo fiyat ekle şimdi sadece",
}
_WORD = re.compile(r"[^\W\d_]+")
_LANGUAGES_OF: dict[str, tuple[str, ...]] = {
    word: tuple(code for code, frequent in _FREQUENT.items() if word in frequent.split())
    for frequent in _FREQUENT.values()
    for word in frequent.split()
}
# So many words that only one language has, and by this factor more than any other's, make its words clear.
_CLEAR = 2.0
_FACTOR = 1.7
# Words clearer than these show that a page declares the wrong language.
_OVERRULING = 5.0
# A text with so many words, of which less than this share is frequent in a language, is not in that language: in the
# English pages of the tests it is .06 or more. More words are needed to show that a page declares the wrong language.
_ENOUGH, _ENOUGH_TO_OVERRULE = 15, 30
_FOREIGN = 0.03
_SAMPLE = 20_000  # characters


def detect_language(text: str, *, clear: float = _CLEAR) -> str | None:
    """Return the language of *text* as an ISO 639-1 code, `und` if it is written in another script, None if unclear."""
    letters = [character for character in text[:_SAMPLE] if character.isalpha()]
    if not letters:
        return None
    latin = sum("LATIN" in unicodedata.name(character, "") for character in letters[:2000])
    if latin < 0.5 * len(letters[:2000]):
        return UNKNOWN
    scores: defaultdict[str, float] = defaultdict(float)
    for word in _WORD.findall(text[:_SAMPLE].lower()):
        shared = _LANGUAGES_OF.get(word, ())
        for code in shared:
            scores[code] += 1 / len(shared)
    ranked = sorted(scores.items(), key=lambda item: -item[1])[:2]
    if not ranked or ranked[0][1] < clear:
        return None
    return ranked[0][0] if len(ranked) < 2 or ranked[0][1] >= _FACTOR * ranked[1][1] else None


def languages_of(snapshot: Snapshot) -> tuple[str, ...]:
    """Return the language of each element's text, in the order of the snapshot's elements."""
    declared = _declared(snapshot)
    texts: defaultdict[str, list[str]] = defaultdict(list)
    for element in snapshot.texts:
        texts[declared[element.index]].append(element.text or "")
    decided = {code: _decide(code, " \n".join(parts)) for code, parts in texts.items()}
    return tuple(
        _of_text(element, decided.get(code, code or DEFAULT))
        for element, code in zip(snapshot.elements, declared, strict=True)
    )


def unread_texts(snapshot: Snapshot) -> Counter[str]:
    """Return how many of a page's texts are in languages without rules, by the language's code."""
    return Counter(
        code
        for element in snapshot.texts
        if (code := snapshot.languages[element.index]) not in LANGUAGES and len(_WORD.findall(element.text or "")) > 1
    )


def _declared(snapshot: Snapshot) -> list[str]:
    """Return the language that each element or its nearest ancestor declares; empty where none does."""
    declared: list[str] = []
    for element in snapshot.elements:
        inherited = declared[element.parent] if element.parent >= 0 else ""
        declared.append(element.lang.strip().lower().replace("_", "-").partition("-")[0][:8] or inherited)
    return declared


def _decide(declared: str, text: str) -> str:
    """Return the language of the texts that declare one language, or none."""
    detected = detect_language(text, clear=_OVERRULING if declared else _CLEAR)
    likely = declared or DEFAULT
    if not detected and _is_foreign(text, likely, enough=_ENOUGH_TO_OVERRULE if declared else _ENOUGH):
        return UNKNOWN
    return detected or likely


def _is_foreign(text: str, language: str, *, enough: int) -> bool:
    """Return whether *text* has enough words to show that it is not in a language that is read."""
    found = _WORD.findall(text[:_SAMPLE].lower())
    frequent = sum(language in _LANGUAGES_OF.get(word, ()) for word in found)
    return language in LANGUAGES and len(found) >= enough and frequent < _FOREIGN * len(found)


def _of_text(element: Element, around: str) -> str:
    """Return the language of one text among texts of another language, if its words are clear."""
    detected = detect_language(element.text or "", clear=_OVERRULING) if element.leaf else None
    return detected or around
