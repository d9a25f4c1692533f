"""The character encoding of a document is found as browsers find it."""

import pytest

from veritas.audit.headers.charset import decode_html

TEXT = "<p>café €</p>"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_byte_order_mark_takes_precedence(encoding: str) -> None:
    """The header and the document cannot overrule it."""
    document = f"<meta charset=shift_jis>{TEXT}"
    assert decode_html(document.encode(encoding), "text/html; charset=windows-1252") == document


@pytest.mark.parametrize(
    "content_type", ["text/html; charset=utf-8", 'text/html;CHARSET = "UTF8"', "text/html;charset='utf-8'"]
)
def test_the_header_takes_precedence_over_the_document(content_type: str) -> None:
    """The name of an encoding is any of its labels, in any case, with or without quotes."""
    assert TEXT in decode_html(f"<meta charset=windows-1251>{TEXT}".encode(), content_type)


@pytest.mark.parametrize(
    "declaration",
    [
        "<meta charset=utf-8>",
        '<META http-equiv="Content-Type" content="text/html; charset=utf-8">',
        "<!-- <meta charset=koi8-r> --><title>x</title><meta charset='UTF-8'>",
        '<?xml version="1.0" encoding="utf-8"?>',
        "<meta charset=utf-16>",
        f"<head><style>{'x' * 3000}</style><meta charset=utf-8></head>",
        "<meta charset=no-such-encoding><meta charset=utf-8>",
    ],
)
def test_a_document_may_declare_its_encoding(declaration: str) -> None:
    """A declared UTF-16 is read as UTF-8, because otherwise the declaration could not have been read."""
    assert TEXT in decode_html(f"{declaration}{TEXT}".encode(), "text/html; charset=no-such-encoding")


@pytest.mark.parametrize("document", ["", f"<p>{'x' * 3000}<meta charset=utf-8>", "<!-- <meta charset=utf-8> -->"])
def test_without_a_declaration_the_document_is_windows_1252(document: str) -> None:
    """A declaration in a comment, or far down in the body, is none."""
    assert "café €" in decode_html(document.encode() + TEXT.encode("windows-1252"))


def test_any_bytes_have_a_text() -> None:
    """What an encoding does not have becomes a replacement character."""
    assert decode_html(b"<p>\xff\xfe\xfa", "text/html; charset=utf-8") == "<p>\ufffd\ufffd\ufffd"
    assert decode_html(b"\xff\xfe<\x00p\x00>", "") == "<p\ufffd"
