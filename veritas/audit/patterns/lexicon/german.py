"""German."""

from __future__ import annotations

CLASSES = {
    # After a number: the thing that is counted is stock, not time, money, nor characters.
    "goods": r"(?! ?(?:<w> ){0,3}?(?:<span>|zeit|restzeit|zeichen|buchstaben|wörter|versuche?n?|schritte?n?|punkte?n?"
    r"|fragen?"
    r"|aufgaben?"
    r"|[kmgt]b|gigabyte|speicher\w*|prozent|euro|km|kilometer|meter|seiten?|kalorien|zutaten|credits|leben|jahre?)\b"
    r"| ?[€$£%]| ?(?:chf|eur)\b)",
    # From the start of a text about other people: a review is about its writer, an order about its reader.
    "others": r"^(?!.{0,300}\b(?:ich|mein\w*|mir|mich|wir|uns|deine?|ihre) )",
    "w": r"[^\s!?;|]{1,30}",
    "count": r"(?<![\d.,:$€£])\d(?:[\d.,]{0,8}\d)?\+?(?!\.\s|:\d)",
    "num": r"(?:\d[\d.,]{0,9}|eine?[nrs]?|zwei|drei|vier|fünf|sechs|sieben|acht|neun|zehn|(?:sehr )?wenige?[nr]?|einige"
    r"|ein paar|eine handvoll)",
    "people": r"(?:personen|menschen|leute|kund(?:en|[:*_]?innen)|käufer(?:[:*_]?innen)?|nutzer(?:[:*_]?innen)?"
    r"|besucher(?:[:*_]?innen)?|andere[nr]?|interessenten|interessierte|fans|gäste[n]?|reisende|mitglieder|shopper"
    r"|zuschauer|frauen|männer|eltern)",
    "bought": r"(?:gekauft|bestellt|gebucht|erworben|ergattert|gesichert|reserviert|verkauft|zugeschlagen|geshoppt"
    r"|kaufte|bestellte|buchte)",
    "looked": r"(?:ansehen|anschauen|sehen|schauen|betrachten|angesehen|angeschaut|ansieht|beobachten|stöbern|online"
    r"|interessieren|interessiert|besuchen|merken|gemerkt)",
    "bag": r"(?:warenk[oö]rbe?n?|einkaufswagen|wunschlisten?|wunschzettel|merkzettel|merklisten?)",
    "span": r"(?:sek(?:unden?)?|min(?:uten?)?|std|stunden?|tage?n?|wochen?|monate?n?|jahre?n?|h)",
    "offer": r"(?:\w*angebote?s?|\w*rabatte?|\w*aktion(?:en)?|sale|deals?|\w*preise?|\w*gutscheine?|code|ersparnis"
    r"|schnäppchen|\w*verkauf|versand|bonus|geschenke?|vorteil)",
    "benefit": r"(?:sparen|spare|ersparnis\w*|rabatt\w*|gratis|umsonst|kostenlos\w*|geschenke?\w*|geld|\w*angebote?"
    r"|vorteile?\w*|glück|gutschein\w*|prämie\w*|gewinn\w*|günstig\w*|schnäppchen|deals?|bonus|punkte|schutz"
    r"|sicherheit)",
    "channel": r"(?:telefonisch|schriftlich|anruf\w*|anzurufen|rufen|hotline|(?:per|via|mit) (?:<w> )?(?:post|brief|fax"
    r"|telefon|e-?mail|einschreiben)|brief|fax|kundenservice|kundendienst|kontaktier\w*)",
}

FORMS = {
    "stock-count": (
        r"\b(?:nur|bloß|lediglich|gerade(?: ein)?mal|weniger als|unter) (?:noch )?(?:<w> )?<num><goods> (?:<w> ){0,4}?"
        r"(?:übrig|verfügbar|vorrätig|(?:auf|am) lager|vorhanden|frei|lieferbar|erhältlich|zu haben)\b",
        r"\bnur noch (?:<w> )?<num>\b<goods>(?! (?:bis|mal)\b)",
        r"\bnoch (?:genau )?<count><goods>(?: <w>)? (?:verfügbar|(?:auf|am) lager|übrig|vorrätig|frei|zu haben)\b",
        r"<count><goods> (?:<w> ){0,3}?(?:übrig|verbleib\w+)\b",
        r"\bletzte[nrs]? (?:<num> )?(?:\w*stücke?|exemplare?|paare?|\w*plätze|zimmer|größen|teile|einheiten"
        r"|tickets"
        r"|verfügbaren?|auf lager)\b|\bletzter artikel\b"
        r"|\bletzten? (?:<num> )?artikel (?:verfügbar|übrig|(?:auf|am|im) lager)\b",
    ),
    "low-stock": (
        r"\b(?:bald|demnächst) nicht mehr (?:verfügbar|lieferbar|erhältlich)\b",
        r"\b(?:geringe[rn]?|niedrige[rn]?|knappe[rn]?|kleine[rn]?) (?:<w> )?(?:\w*bestand|vorrat|verfügbarkeit"
        r"|stückzahl)\b",
        r"\b(?:fast|beinahe|nahezu|bald|gleich|so gut wie|demnächst) (?:<w> )?(?:ausverkauft|vergriffen|ausgebucht"
        r"|weg)\b",
        r"\b(?:begrenzte[rs]?|limitierte[rs]?|beschränkte[rs]?) (?:<w> )?(?:stückzahl\w*|verfügbarkeit|anzahl|mengen?"
        r"|plätze|kontingent\w*|bestand|vorrat)\b|\bstreng limitiert\b",
        r"\b(?:wenige|restliche) (?:<w> )?artikel\b",
        r"\b(?:wenige|letzte|restliche) (?:<w> )?(?:verfügbar|vorhanden|übrig|exemplare|stücke?|plätze"
        r"|auf lager)\b",
        r"\b(?:bevor|ehe|bis) (?:es|er|sie|alles|alle|diese[rs]?)(?: <w>){0,3} (?:weg|ausverkauft|vergriffen)\b",
        r"\b(?:bestand|vorrat|lagerbestand)(?: ist| wird|:)? (?:gering|niedrig|knapp|begrenzt)\b|\b(?:wird|werden)"
        r" knapp\b",
        r"\bgeh(?:t|en) (?:<w> )?(?:zur neige|aus)\b",
    ),
    "high-demand": (
        r"\b(?:hohe[rn]?|große[rn]?|starke[rn]?|riesige[rn]?|enorme[rn]?) (?:<w> )?nachfrage\b|\bnachfrage ist (?:<w>"
        r" )?(?:hoch|groß)\b",
        r"\b(?:sehr|stark|heiß|extrem|besonders|überaus) (?:gefragt|begehrt|nachgefragt)\b|\bsehr beliebt\b",
        r"\bverk(?:auft|aufen) sich (?:<w> ){0,2}?(?:schnell|rasend|rasant|wie)\b|\b(?:schnell|rasch) (?:vergriffen"
        r"|ausverkauft|weg)\b",
        r"\bwie warme semmeln\b",
    ),
    "stock-told": (
        r"^\W{0,3}<count> (?:<w> )?(?:auf lager|vorrätig|verfügbar)\b",
        r"\bsolange (?:der )?vorrat reicht\b",
    ),
    "crowd-count": (
        r"(?:<count>|\b(?:dutzende|hunderte|tausende|viele|mehrere)) (?:andere[n]? |weitere[n]? |zufriedene "
        r"|verschiedene )?"
        r"<people> (?:<w> ){0,8}?(?:<looked>|<bought>|<bag>)\b",
        r"<count> (?:mal|x) (?:<w> ){0,6}?<bought>\b|<count>(?: stück)? (?:<w> )?<bought>\b(?! (?:und|von mir))",
        r"\b(?:schon|bereits|heute) (?:<w> ){0,2}?<count>(?: ?mal| ?x| stück)? (?:<w> ){0,5}?<bought>\b",
        r"\bin <count> (?:<w> )?<bag>\b|<count> (?:<w> ){0,4}?(?:im|in ihrem|auf der|auf ihrer) <bag>\b",
        r"\b(?:gerade|aktuell|derzeit|momentan|jetzt) (?:<w> ){0,4}?<count> (?:<w> ){0,5}?(?:<looked>|<people>)\b",
        r"\b<people> (?:sehen|schauen) sich (?:<w> ){0,4}?an\b",
    ),
    "somebody-bought": (
        r"<others>(?:<w> ){1,5}?aus (?:<w> ){1,5}?(?:hat |haben )?(?:<w> ){0,10}?<bought>\b",
        r"\b(?:jemand|eine? (?:kund(?:e|in)|käufer(?:in)?|besucher(?:in)?|person)) (?:<w> ){0,12}?(?:<bought>"
        r"|angesehen)\b",
        r"<others>.{0,120}\b<bought>\b.{0,60}\bvor <num> ?<span>\b|<others>.{0,120}\bvor <num>"
        r" ?<span>\b.{0,120}\b<bought>\b",
        r"<others>(?:<w> ){0,8}?(?:soeben|gerade|gerade eben|kürzlich|vor kurzem) (?:<w> ){0,8}?<bought>\b",
    ),
    "countdown": (
        r"(?<!\d)(?<!\d[ t-])\d{1,3} ?: ?\d\d ?: ?\d\d(?!\d)",
        r"(?<![\d.])(?:\d ?){1,4}(?:t|tage?n?) ?\W{0,2}(?:und )?(?:\d ?){1,4}(?:h|std\.?|stunden?)(?![a-z])",
        r"(?<![\d.])(?:\d ?){1,4}(?:h|std\.?|stunden?) ?\W{0,2}(?:und )?(?:\d ?){1,4}(?:m|min\.?"
        r"|minuten?)(?![a-z])\W{0,3}\d",
        r"(?<![\d.])(?:\d ?){1,4}(?:m|min\.?|minuten?) ?\W{0,2}(?:und )?(?:\d ?){1,4}(?:s|sek\.?|sekunden?)(?![a-z])",
        r"\b(?:endet|enden|ab|noch|gültig|schließt)\b.{0,30}\d ?(?:h|std\.?|stunden?) ?\W{0,2}(?:und )?\d{1,2} ?(?:m"
        r"|min\.?"
        r"|minuten?)\b",
        r"\btage ?\W? ?(?:stunden|std\.?) ?\W? ?(?:minuten|min\.?)\b",
        r"\b(?:reserviert|zurückgelegt|gesichert|vorgemerkt)\b.{0,20}\d ?(?::|min)|\b\d+ ?min\w*\.? (?:<w>"
        r" ){0,3}?reserviert\b",
        r"\b(?:endet|enden|läuft|gültig|abgelaufen|verfällt|noch|nur)\b\W{0,3}(?:<w> ){0,3}?\d{1,2} ?: ?\d\d\b(?!"
        r" ?uhr)(?!-)",
        r"\b(?:bestell\w*|kauf\w*|buch\w*) (?:<w> ){0,3}?(?:innerhalb|in den nächsten) (?:<w> ){0,3}?\d+ ?(?::|h|std"
        r"|min|stunden)",
    ),
    "limited-time": (
        r"\bnur (?:noch )?bis (?:montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag|morgen)\b|\bcountdown"
        r" läuft\b",
        r"\b(?:bevor|ehe) (?:<w> ){1,3}?(?:verfällt|endet|abläuft)\b",
        r"\bnur (?:noch )?(?:für )?(?:kurze?|begrenzte) zeit\b|\bzeitlich begrenzt|\bzeitlich limitiert|\bnur"
        r" kurzzeitig\b",
        r"\b(?:befristete[sr]?|limitierte[sr]?|begrenzte[sr]?) (?:<w> )?<offer>\b",
        r"\b<offer>\b.{0,30}\b(?:endet|enden|läuft|gilt nur|verfällt|gültig)\b.{0,20}\b(?:bald|heute|morgen|gleich|in"
        r" kürze"
        r"|mitternacht|in \d+ ?<span>)\b",
        r"\b(?:endet|enden|läuft|verfällt) (?:schon |bereits )?(?:bald|in kürze|heute|morgen|um mitternacht|gleich)\b",
        r"\bnur (?:noch )?(?:heute|bis mitternacht|bis heute|dieses wochenende|(?:24|48) stunden|wenige (?:stunden"
        r"|tage|minuten))\b",
        r"\bletzte (?:chance|stunden|tage|möglichkeit|gelegenheit|minuten)\b|\bblitz-?(?:angebot|verkauf|deal|sale)\w*"
        r"|\bflash[ -]?sale\b|\b(?:angebot|deal) (?:des tages|der stunde)\b|\btagesangebot\w*",
        r"\bbeeil\w*|\b(?:jetzt|schnell|schnellstens|sofort|gleich) zugreifen\b|\bzugreifen!|\bgreif(?:en sie)?"
        r" (?:<w> ){0,2}?zu\b|\bschlag(?:en sie)? (?:<w> ){0,2}?zu\b|\bsei(?:en sie)?"
        r" schnell\b"
        r"|\bschnell sein\b|\bjetzt oder nie\b|\bworauf warte[nt]|\bwarte(?:n sie)? nicht\b",
        r"\bnicht (?:mehr )?(?:verpassen|entgehen)\b|\bverpass\w* (?:<w> ){0,4}?nicht\b|\blass\w* (?:<w> ){0,5}?nicht"
        r" entgehen\b",
        r"\bbevor es zu spät\b|\b(?:die|deine|ihre) zeit läuft\b|\bnoch \d+ <span>\.? (?:<w> )?(?:übrig|verbleibend"
        r"|gültig)",
        r"\b(?:preis\w*) (?:<w> )?(?:steigt|steigen|erhöht sich) (?:bald|heute|morgen|in)\b",
        r"\b(?:bestell\w*|kauf\w*|sichern|sichere|buch\w*) (?:<w> ){0,3}?(?:jetzt|noch heute|schnell)(?:,)? (?:bevor"
        r"|solange)\b",
        r"\bdauert nicht (?:mehr )?lange?\b|\bnicht mehr lange\b",
    ),
    "shaming-decline": (
        r"^(?:nein|nö|nee)\b[ ,.!:;-]*(?:danke)?[ ,.!:;–—-]*.{0,50}\b(?:<benefit>|vollen preis|voller preis|teurer"
        r"|mehr (?:be)?zahl\w*|risik\w*|riskier\w*|verzicht\w*|verpass\w*|verlier\w*|verschenk\w*|egal|pech)\b",
        r"\bich (?:will|möchte|mag|brauche|hasse|bin) (?:<w> ){0,4}?(?:kein\w*|nicht|nichts|gegen) (?:<w>"
        r" ){0,3}?<benefit>\b(?!.{0,60}\b(?:erhalten|bekommen|zu\w+sandt|informiert)\b)",
        r"\bich (?:<w> ){0,2}?(?:hasse|verzichte|verpasse|riskiere|verschenke) (?:<w> ){0,4}?(?:<benefit>|es|das)\b",
        r"\b(?:be)?zahl(?:e|en)? (?:<w> ){0,3}?(?:(?:den |die )?volle[n]?|mehr|zu viel|lieber)\b|\blieber (?:<w>"
        r" ){0,3}?"
        r"(?:volle[nr]? preis|mehr|zu viel|ohne <benefit>)",
        r"\bohne (?:<w> ){0,2}?(?:rabatt|ersparnis|vorteil|geschenk|gutschein|angebot) (?:<w> )?(?:fortfahren"
        r"|weiter\w*|bestellen"
        r"|zur kasse|kaufen)\b|\bauf (?:<w> ){0,2}?<benefit> verzichten\b",
        r"\bist mir (?:mein\w* )?(?:<w> )?(?:egal|nicht wichtig)\b",
    ),
    "first-person-decline": (
        r"^(?:nein|nö|nee)\b[ ,.!:;-]*(?:danke)?[ ,.!:;–—-]*(?:aber )?ich (?!stimme|bin (?:nicht )?einverstanden"
        r"|willige|akzeptiere"
        r"|(?:habe|hab) (?:noch )?(?:kein|ein)\w* (?:konto|kundenkonto|code|gutschein))",
    ),
    "opt-out-question": (
        r"\b(?:ankreuzen|anklicken|markieren)\b.{0,20}\b(?:wenn|falls|sofern)\b.{0,80}\b(?:nicht|keine?\w*)\b",
        r"\b(?:kästchen|haken|häkchen|feld|hier|kreuz\w*)\b.{0,80}\b(?:wenn|falls|sofern|um|damit)\b.{0,80}\b(?:nicht"
        r"|keine?\w*)\b",
        r"\b(?:wenn|falls|sofern) (?:sie|du)\b.{0,80}\b(?:nicht|keine?\w*)\b.{0,80}\b(?:ankreuzen|haken|häkchen"
        r"|anklicken|kästchen"
        r"|kreuz\w*|entfernen|markieren)\b",
        r"\bich (?:möchte|will|wünsche) (?:<w> ){0,4}?(?:nicht|keine?\w*) (?:<w> ){0,8}?(?:erhalten|bekommen"
        r"|informiert|kontaktiert"
        r"|zugesandt|zugeschickt|werden)\b",
        r"\b(?:häkchen|haken) (?:<w> ){0,3}?entfern\w*|\bentfern\w* (?:<w> ){0,3}?(?:häkchen|haken)\b|\b(?:schicken"
        r"|senden) sie mir"
        r" (?:bitte )?keine?\b|\bbitte keine (?:<w> ){0,3}?(?:senden|schicken|zusenden)\b",
    ),
    "protect-it": (
        r"\bschütze\w* (?:sie )?(?:deinen?|ihren?|deine|ihre) (?:<w> )?(?:einkauf|bestellung|gerät|kauf|reise|handy"
        r"|paket|sendung)\b",
        r"\b(?:versicherung|\w*schutz|garantieverlängerung|schutzpaket|schutzbrief)\b.{0,20}\bhinzufügen\b",
    ),
    "more-to-buy": (
        r"\bkunden kauften auch\b|\b(?:kunden|andere),? die (?:<w> ){0,6}?(?:kauften|gekauft)\b|\boft zusammen"
        r" gekauft\b"
        r"|\bwird oft zusammen\b",
    ),
    "cancel-subscription-by-contact": (
        r"\bkündig\w*\b.{0,40}\b(?:nur|ausschließlich)\b.{0,60}\b<channel>\b|\b(?:um|zum) (?:zu )?kündigen,?"
        r" .{0,60}\b<channel>\b",
        r"^(?!.{0,3500}\b(?:\w*button|online kündigen|online kündbar|mit einem klick|\w*konto|einstellungen"
        r"|kundenbereich|jederzeit online)\b)"
        r"(?=.{0,3500}\b(?:abo\w*|mitglied\w*|vertrag\w*|probe\w*|verlänger\w*|laufzeit|tarif|club\w*"
        r"|kündigungsfrist)\b)"
        r"(?:.{0,3500}\b)?(?:(?:kündig\w*|abbestell\w*|beenden)\b.{0,160}\b<channel>\b|(?:nur"
        r"|ausschließlich)\b.{0,80}\b<channel>\b.{0,40}\bkündig\w*)",
    ),
    "cancel-by-contact": (r"\b(?:kündig\w*|abbestell\w*|abmeld\w*)\b.{0,120}\b<channel>\b",),
    "consent-bundled": (
        r"\b(?:akzeptiere|stimme|einverstanden|willige|bestätige)\b.{0,140}\b(?:agb|\w*bedingungen"
        r"|datenschutz\w*)\b.{0,140}"
        r"\b(?:newsletter|\w*werbung|\w*angebote|e-?mails?|marketing\w*|werbliche|werbe\w*)\b",
        r"\bmit (?:der |ihrer |deiner )?(?:anmeldung|bestellung|registrierung|kauf)\b.{0,80}\b(?:newsletter|werbe\w*"
        r"|werbung)\b",
    ),
    "account-demanded": (
        r"\b(?:anmelden|einloggen|registrieren|konto (?:erstellen|anlegen)),? um (?:<w> ){0,6}?(?:fortzufahren"
        r"|weiter\w*|zu sehen"
        r"|anzusehen|freizuschalten|zu lesen|zu erhalten)\b",
        r"\b(?:sie müssen|du musst) (?:<w> ){0,3}?(?:anmelden|registrieren|einloggen|angemeldet|eingeloggt)\b",
    ),
    "extra-added": (
        r"\b(?:\w*versicherung|\w*schutz|\w*garantie|spende|geschenkverpackung)\b.{0,30}\bhinzugefügt\b|\bautomatisch"
        r" hinzugefügt\b",
        r"\bwir haben (?:<w> ){0,8}?(?:automatisch|bereits|schon) (?:<w> ){0,6}?(?:hinzugefügt|gelegt)\b",
    ),
    "fee-at-the-end": (
        r"\b(?:service|bearbeitungs|buchungs|verwaltungs|zahlungs|system|vermittlungs|abwicklungs"
        r"|handling)-?(?:gebühr|pauschale)"
        r"(?:en)? ?:? ?(?:von |in höhe von )?[€$£+]?\s?\d",
    ),
    "recurring-charge": (
        r"\bverlänger\w* (?:<w> ){0,10}?automatisch|\bautomatisch\w* (?:<w> ){0,6}?verläng\w*",
        r"\b(?:probe\w*|test(?:phase|zeitraum|monat|abo|version)|(?:kostenlos|gratis)\w* (?:<w> ){0,2}?(?:test\w*"
        r"|probe\w*|monat))\b.{0,200}"
        r"\b(?:danach|anschließend|sofern|wenn (?:sie|du) nicht|falls|sonst|dann)\b",
        r"\b(?:wird|werden) (?:<w> ){0,10}?(?:monatlich|jährlich|pro monat|jeden monat|wöchentlich) (?:<w>"
        r" ){0,8}?(?:abgebucht"
        r"|berechnet|belastet|fällig)\b|\b(?:abgebucht|belastet|berechnet)\b.{0,60}\b(?:monat\w*|jährlich|woche"
        r"|wöchentlich)\b",
        r"\bbis (?:sie|du) (?:<w> ){0,3}?kündig\w*",
    ),
}
