"""The language of a text is what its words say where they are clear, else what the page declares."""

from __future__ import annotations

import pytest

from veritas.audit.patterns.dom_snapshot import Element, Snapshot
from veritas.audit.patterns.language import detect_language, unread_texts

TEXTS = {
    "en": "Free delivery on all orders over £50. Add it to your basket and pay with your card.",
    "de": "Kostenloser Versand ab 50 €. Legen Sie den Artikel in den Warenkorb und zahlen Sie mit der Karte.",
    "fr": "Livraison gratuite dès 50 €. Ajoutez cet article au panier et payez avec votre carte.",
    "es": "Envío gratis a partir de 50 €. Añade el artículo a tu carrito y paga con tu tarjeta.",
    "it": "Spedizione gratuita da 50 €. Aggiungi l'articolo al carrello e paga con la tua carta.",
    "nl": "Gratis verzending vanaf 50 €. Voeg het artikel toe aan je winkelwagen en betaal met je kaart.",
    "pt": "Frete grátis a partir de 50 €. Adicione o artigo ao seu carrinho e pague com o seu cartão.",
    "pl": "Darmowa dostawa od 50 zł. Dodaj produkt do koszyka i zapłać kartą, a my go wyślemy na twój adres.",
    "und": "送料無料でお届けします。カートに入れる",
}


def snapshot(*texts: tuple[str, str], lang: str = "") -> Snapshot:
    """Return a page with one paragraph for each pair of declared language and text."""
    root = Element(0, -1, "html", "html", (0, 0, 9, 9), True, lang=lang)
    paragraphs = [
        Element(number, 0, "p", f"#p{number}", (0, 0, 9, 9), True, text=text, leaf=True, lang=declared)
        for number, (declared, text) in enumerate(texts, 1)
    ]
    return Snapshot((root, *paragraphs))


@pytest.mark.parametrize("language", TEXTS)
def test_the_words_tell_the_language(language: str) -> None:
    """Also those of languages without rules, and of other scripts."""
    assert detect_language(TEXTS[language]) == language


@pytest.mark.parametrize("text", ["", "123", "OK", "Kettle", "€ 12,00"])
def test_few_words_tell_nothing(text: str) -> None:
    """A name or a number is in no language."""
    assert detect_language(text) is None


@pytest.mark.parametrize("lang", ["de", "de-AT", "DE_ch", "", "en"])
def test_a_missing_or_wrong_declaration_is_corrected(lang: str) -> None:
    """The short texts of the page too have the language of its words."""
    page = snapshot(("", TEXTS["de"]), ("", "Nur noch 3 auf Lager"), lang=lang)
    assert page.languages[1:] == ("de", "de")


def test_the_nearest_declaration_holds() -> None:
    """Within an English page, a part may be in another language."""
    page = snapshot(("", TEXTS["en"]), ("fr", "Dernières pièces"), ("", TEXTS["it"] + " " + TEXTS["it"]), lang="en")
    assert page.languages == ("en", "en", "fr", "it")


def test_unread_texts_are_counted() -> None:
    """But not those without words."""
    page = snapshot(("", TEXTS["nl"]), ("", "€ 12,00"), ("", "Nog maar 3 op voorraad"), ("en", TEXTS["en"]), lang="nl")
    assert unread_texts(page) == {"nl": 2}


@pytest.mark.parametrize(
    "text",
    [
        "Dodaj u košaricu. Samo 3 komada na zalihi. Besplatna dostava. Bakreni čajnik za kuhinju kupi odmah popust",
        "Beli sekarang. Hanya 3 tersisa. Gratis ongkir. Tambah ke keranjang belanja ketel tembaga untuk dapur anda",
        "Mua ngay. Chỉ còn 3 sản phẩm. Miễn phí vận chuyển ấm đồng cho nhà bếp của bạn",
    ],
)
def test_a_language_that_is_not_known_is_not_taken_for_the_default(text: str) -> None:
    """A page that declares no language, or in much text the wrong one, has texts that are not read."""
    assert snapshot(("", text)).languages[1] == "und"
    assert snapshot(("", text), lang="en").languages[1] == "en"
    assert snapshot(("", text), ("", text), lang="en").languages[1:] == ("und", "und")


def test_a_list_of_goods_is_in_the_declared_language() -> None:
    """Although it has hardly any frequent words."""
    goods = "Copper kettle £40 Add to basket Steel teapot £20 Add to basket Oak spoon £9 Add to basket"
    assert snapshot(("", goods)).languages[1] == "en"
    assert snapshot(("", goods.replace(" Add to basket", "")), lang="en").languages[1] == "en"


def test_a_page_without_clear_words_is_in_its_declared_language() -> None:
    """And in English if it declares none."""
    assert snapshot(("", "Kettle"), lang="fi").languages == ("fi", "fi")
    assert snapshot(("", "Kettle")).languages == ("en", "en")
