"""Recognise in texts what names a moment, such as `3 May, 18:00`, and the units of a length of time.

A moment is true or false whatever the page's clock shows; a length, such as `2 hours left`, has to get shorter.
"""

from __future__ import annotations

import re

# The seconds of each unit, and its names in English, German, French, Spanish, Italian, Portuguese, Dutch, Polish,
# Chinese, Japanese and Korean.
UNITS = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}
UNIT_NAMES = {
    "d": r"days?|tage?n?|jours?|d[ií]as?|giorn[oi]|dias?|dagen|dag|dni|dzień|天|日",
    "h": r"hrs?|hours?|std|stunden?|heures?|horas?|or[ae]|uur|uren|godz|godzin[ay]?|小?时|時間?|시간",
    "m": r"mins?|minutes?|minuten?|minutos?|minut[oi]|minut[ay]?|分钟?|분",
    "s": r"secs?|seconds?|sek|sekunden?|secondes?|segs?|segundos?|second[oi]|seconden?|sekund[ay]?|秒|초",
}

_MONTH = (
    r"(?:jan|feb|fév|m[aä]r|apr|abr|avr|ma[iyg]|ma[ry]o|jui?[nl]|giu|lug|gen|ene|août|ao[uû]|aug|ago|sep|set|o[ckt]t|nov"
    r"|d[eéi][czs])\w*\.?"
)
_DATE = (
    r"\d{1,4}[./-]\d{1,2}[./-]\d{2,4}|\d{1,2}/\d{1,2}"
    rf"|\b\d{{1,2}}(?:\.|st|nd|rd|th|er|º)? (?:de |of )?{_MONTH}|{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?\b"
)
_CLOCK = r"\d{1,3}(?: ?: ?\d\d)+"
_DAY = (
    r"(?:to(?:day|night|morrow)|(?:mon|tues|wednes|thurs|fri|satur|sun)day"
    r"|heute|morgen|(?:mon|diens|donners|frei|sams|sonn)tag|mittwoch"
    r"|aujourd'hui|ce soir|demain|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche"
    r"|hoy|mañana|lunes|martes|miércoles|jueves|viernes|sábado|domingo"
    r"|oggi|stasera|domani|lunedì|martedì|mercoledì|giovedì|venerdì|sabato|domenica)"
)
_BEFORE_CLOCK = (
    r"(?:at|by|from|to|until|till|before|um|bis|ab|von|vor|à|jusqu'à|dès|avant|a las|hasta las|desde las|antes de las"
    r"|alle|dalle|entro le|fino alle|prima delle)"
)

# Clocks and dates.
CLOCKS_AND_DATES = re.compile(f"{_CLOCK}|{_DATE}")

_MOMENT = re.compile(
    rf"\b20\d\d\b|{_DATE}|\b{_BEFORE_CLOCK} {_CLOCK}|\b{_DAY}[ ,]{{1,2}}{_CLOCK}"
    rf"|{_CLOCK} ?(?:[ap]\.?m\b|uhr\b|(?:utc|gmt|c?est|e?[dp][ds]?t|bst)\b|{_DAY}\b)"
)


def names_moment(text: str) -> bool:
    """Return whether normalised *text* names a moment: a date, or the time of a day."""
    return bool(_MOMENT.search(text))
