"""German."""

from __future__ import annotations

WORDS = {
    "offer": (
        r"\b(?:\w*angebote?s?|\w*rabatte?|\w*aktion(?:en)?|\w*verkauf|sale|deals?|sparen|ersparnis|\w*preise?"
        r"|(?:reserviert|zurückgelegt)"
        r"|kasse|warenkorb|einkaufswagen|\w*gutscheine?|tickets?|\w*plätze|geschenke?|schnäppchen|letzte chance|auf"
        r" lager"
        r"|(?:gratis|kostenlose[rn]?) (?:versand|lieferung)|beeil\w*|jetzt (?:bestellen|kaufen|sichern)|bestell\w*"
        r" innerhalb)\b"
    ),
    "other_clock": (
        r"\b(?:anmelde\w*|passw\w*|verifizier\w*|bestätigungscode|sicherheitscode|einmalcode|sitzung|hochlad\w*"
        r"|upload\w*|download\w*"
        r"|herunterlad\w*|übertrag\w*|training|pause|übung|intervall|runde|prüfung|quiz|fragen?|spiel|anpfiff|webinar"
        r"|vorlesung"
        r"|video|folge|rezept|koch\w*|back(?:en|zeit)|ofen|auktion|gebot\w*|versteigerung|parkschein|abflug|abfahrt|wartung"
        r"|lesezeit)\b"
    ),
    "accept": (
        r"^(?:ja|ok|okay|akzeptieren|annehmen|zustimmen|einverstanden|ich stimme|erlauben|weiter|abonnieren|anmelden"
        r"|registrieren"
        r"|mitmachen|holen|sichern|hinzufügen|kaufen|upgraden?|starten|sparen|freischalten|aktivieren|behalten"
        r"|schützen|senden|testen"
        r"|zur kasse|bestätigen|bestellen|absenden|reservieren|jetzt|alle[sn]? (?:cookies )?(?:akzeptieren|annehmen"
        r"|zulassen)|gutschein|rabatt)\b"
    ),
    "reject": (
        r"^nein(?:[,.!]? (?:danke|ich|mein\w*|lieber|nicht).{0,80})?$|^(?:nö|nee|kein interesse)\b|^(?:nicht jetzt"
        r"|jetzt nicht|später|vielleicht später"
        r"|ein andermal|heute nicht|überspringen|verzichten)$|^(?:ablehnen|alle ablehnen|alles ablehnen"
        r"|verweigern)\b.{0,40}$"
        r"|^(?:weiter|fortfahren|bestellen) ohne\b|^ohne .{1,40}(?:fortfahren|weiter)$|^ich (?:möchte|will) (?:lieber"
        r" )?(?:nicht|keine?n?)\b"
        r"|^(?:nur )?(?:notwendige|essenzielle|erforderliche)(?: cookies)?(?: akzeptieren| zulassen)?$|^(?:abbrechen"
        r"|schließen|zurück|verlassen)$"
    ),
    "save_work": r"^(?:speichern|ok|okay|übernehmen|anwenden|absenden|weiter|bestätigen|fertig|senden|erstellen"
    r"|hinzufügen|löschen"
    r"|hochladen|umbenennen|behalten)\b.{0,30}$",
    "cancel_dialog": r"^(?:abbrechen|schließen|zurück|verwerfen|änderungen verwerfen|nicht speichern|zurücksetzen)$",
    "subscription": (
        r"\b(?:\w*abos?|\w*abonnements?|abonnier\w*|verlänger\w*|mitgliedschaft|jeden monat|monatlich|pro monat|alle"
        r" \d+ (?:wochen|monate)|probemonat|probeabo)\b"
    ),
    "extra": (
        r"\b(?:\w*versicherung|versichern|\w*schutz\w*|\w*garantie\w*|spende\w*|trinkgeld|geschenkverpackung"
        r"|express\w*|premium\w*|upgrade"
        r"|zusatz\w*|co2|klimaneutral\w*|sitzplatz\w*)\b"
    ),
    "consent": (
        r"\b(?:newsletter|\w*werbung|werbe\w*|marketing\w*|angebote|e-?mails?|sms|partner\w*|dritt\w*|analyse\w*"
        r"|statistik\w*|profil(?:ing|bildung|ierung)\w*"
        r"|neuigkeiten|informier\w*|personalisier\w*)\b"
    ),
    "harmless": (
        r"\b(?:angemeldet bleiben|eingeloggt bleiben|merken|rechnungsadresse|lieferadresse|auf lager|sortier\w*"
        r"|filter\w*|anzeigen|notwendig\w*"
        r"|erforderlich\w*|essenziell\w*|agb|\w*bedingungen|volljährig|quittung|bestellstatus|sicherheitshinweise"
        r"|automatische updates"
        r"|wenn (?:jemand|ich|mein\w*)|antwort\w*|kommentar\w*|erwähn\w*)\b"
    ),
    "advertising": r"\b(?:newsletter|\w*werbung|werbe\w*|marketing\w*|\w*angebote|partner\w*|dritt\w*|rabatte?"
    r"|aktionen)\b",
    "no_extra": r"^(?:nein\b|keine?\b|ohne\b|einmal\w*|später|nicht jetzt)|\beinmal(?:ig|kauf)\w*|\bkeine?"
    r" (?:versicherung|schutz)",
    "added": r"\b(?:zuzüglich|zzgl|plus|extra|zusätzlich|nur|auch|hinzufügen)\b",
    "period": r"\b(?:\w*monat\w*|\w*jahr\w*|jährlich|\w*woche\w*|\w*tag(?:e|en)?)\b",
    "basket": r"\b(?:warenkorb|einkaufswagen|bestellübersicht|deine bestellung|ihre bestellung|kasse|bestellung)\b",
    "charged_extra": (
        r"\b(?:\w*versicherung|(?:geräte|käufer|versand|diebstahl|display|reise|paket|rundum|premium)-?schutz\w*"
        r"|schutz(?:paket|brief)|garantieverlängerung"
        r"|\w*garantie|spende|trinkgeld|klima\w*|co2-\w+|prioritäts?\w*|vorrangige bearbeitung)\b"
    ),
    "negation": r"\b(?:nicht|keine?[nmrs]?|nie|niemals|nicht mehr|ohne|abwählen|entfernen|abmelden|außer|ablehnen"
    r"|widerspr\w*|verzicht\w*)\b",
    "sign_up": r"\b(?:anmeld\w*|registrier\w*|einloggen|konto (?:erstellen|anlegen)|abonnier\w*|e-?mail\w*"
    r"|mitglied\w*)\b",
    "dismiss": r"\b(?:schließen|überspringen|später|gast|ohne (?:anmeldung|konto)|nicht jetzt|nein danke|nein, danke"
    r"|zurück|ausblenden)\b",
    "cancel": (
        r"\b(?:abo\w*|mitgliedschaft|vertrag|konto|probe\w*|verlängerung|newsletter)\b.{0,24}\b(?:kündig\w*|beenden"
        r"|löschen|abbestell\w*)\b"
        r"|\b(?:kündig\w*|beende\w*|lösch\w*)\b.{0,24}\b(?:abo\w*|mitgliedschaft|vertrag|konto|account"
        r"|verlängerung)\b|\babbestellen\b"
        r"|\b(?:hier|jederzeit|verträge hier) kündigen\b|\bkündigungsbutton\b"
    ),
    "cookies": r"\bcookies?\b|\btracking\b|\b(?:ihre|deine) (?:privatsphäre|daten|einwilligung)\b"
    r"|\bpersonenbezogene\w* daten\b|\bdatenschutz\w*",
    "accept_cookies": (
        r"^(?:ja,? )?(?:ok,? )?(?:ich )?(?:alle[sn]? (?:cookies )?)?(?:akzeptier\w*|stimme|zustimmen|einverstanden"
        r"|annehmen|erlauben|zulassen)\b"
        r"(?!.*\b(?:notwendig\w*|essenziell\w*|auswahl|nur)\b)|^alle[sn]? (?:cookies )?(?:akzeptieren|annehmen"
        r"|zulassen|erlauben)\b"
    ),
    "reject_cookies": (
        r"\b(?:ablehn\w*|verweiger\w*|nur (?:notwendige|essenzielle|erforderliche|technisch)\w*|notwendige\w*"
        r"|essenzielle\w*|ohne (?:zustimmung|einwilligung)"
        r"|nicht (?:zustimmen|akzeptieren)|nein,? danke)\b|^nein\b"
    ),
    "cookie_settings": r"\b(?:einstellungen|verwalten|optionen|anpassen|mehr|auswahl|details|konfigurieren)\b",
    "ended": r"\b(?:beendet|abgelaufen|vorbei|geschlossen|zu ende|nicht mehr|verpasst|zu spät|ausverkauft)\b",
    "cut_off": r"\b(?:versand\w*|versend\w*|liefer\w*|geliefert|zustell\w*|verschickt|abhol\w*|heute noch|am nächsten"
    r" (?:werk)?tag)\b",
    "per_visitor": r"\b(?:reserviert|zurückgelegt|warenkorb|einkaufswagen|sitzung)\b",
    "gratis": r"\b(?:kostenlos\w*|gratis|umsonst|inklusive|kostenfrei|inkl)\b",
    "delivery_or_tax": r"\b(?:versand\w*|liefer\w*|porto|mwst|ust|\w*steuer\w*|zoll\w*|\w*rabatt\w*|gutschein\w*"
    r"|guthaben|pfand|rundung\w*|fracht)\b",
    "sum": r"\b(?:zwischensumme|\w*summe|gesamt\w*|zu zahlen|\w*betrag|total)\b",
    "fee": r"\b(?:\w*gebühr\w*|\w*pauschale|\w*zuschlag|\w*entgelt|\w*kosten)\b|^service$",
    "pressing_clock": r"\b(?:endet|enden|läuft|verfällt|noch|übrig|verbleib\w*|beeil\w*|nur)\b"
    r"|\btage?\b.{0,12}\bst(?:d|unden)\b.{0,12}\bmin",
    "loss": r"\b(?:sterben|stirbt|verlier\w*|verpass\w*|risik\w*|riskier\w*|verschwend\w*|leid\w*|scheiter\w*|arm"
    r"|krank|allein|einsam|langweil\w*|hässlich|dumm|hass\w*|egal|kümmer\w*|wichtig|schlecht\w*|bleib\w*|nie|ohne"
    r"|lieber|verzicht\w*|zahl\w*|pech|ungeschützt)\b",
    "first_person": r"^(?:nein|nö|nee)\b[ ,.!:;–—-]+(?:danke[ ,.!:;–—-]+)?(?:aber )?(?:ich|mein\w*|mir|wir|unser\w*)\b",
    "neutral": r"\b(?:stimme|einverstanden|akzeptiere|konto|interess\w*|adresse|andere\w*|sicher|danke$|hilfe|code"
    r"|mitglied|bereits|schon|angemeldet)\b",
    "access": r"\b(?:passw\w*|sitzung|zertifikat\w*|\w*schlüssel|token|(?:bestätigungs|sicherheits|anmelde)code|link"
    r"|einladung|entwurf)\b",
}
