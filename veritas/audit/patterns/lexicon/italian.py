"""Italian."""

from __future__ import annotations

CLASSES = {
    # After a number: the thing that is counted is stock, not time, money, nor characters.
    "goods": r"(?! ?(?:<w> ){0,3}?(?:<span>|tempo|caratteri|parole|lettere|tentativi|tentativo|passaggi|passi|passo"
    r"|punti"
    r"|punto|domande|domanda"
    r"|[kmgt]b|giga|euro|km|chilometri|metri|pagine|calorie|ingredienti|crediti|vite|volte)\b| ?[€$£%]| ?(?:eur"
    r"|chf)\b)",
    "others": r"^(?!.{0,300}\b(?:io|mio|mia|miei|mie|mi|ci|noi|nostr\w*|tuo|tua|ho)\b)",
    "w": r"[^\s!?;|]{1,30}",
    "count": r"(?<![\d.,:$€£])\d(?:[\d.,]{0,8}\d)?\+?(?!\.\s|:\d)",
    "num": r"(?:\d[\d.,]{0,9}|un[ao]?|due|tre|quattro|cinque|sei|sette|otto|nove|dieci|poch[ei]|pochissim[ei]"
    r"|alcun[ei])",
    "people": r"(?:persone|persona|gente|clienti|cliente|acquirenti|utenti|visitatori|altr[ei]|fan|viaggiatori|membri"
    r"|ospiti|donne|uomini"
    r"|genitori)",
    "bought": r"(?:acquistat[oaie]|comprat[oaie]|ordinat[oaie]|prenotat[oaie]|vendut[oaie]|aggiunt[oaie])",
    "looked": r"(?:guardando|guardano|vedendo|visto|visualizzando|visualizzano|visualizzato|visitando|interessat[ei]"
    r"|online|osservando|osservano"
    r"|cercando|consultando)",
    "bag": r"(?:carrell[oi]|borse|borsa|list[ae] dei desideri|preferiti|wishlist)",
    "span": r"(?:second[oi]|sec|s|minut[oi]|min|or[ae]|h|giorn[oi]|g|settiman[ae]|mesi|mese|ann[oi])",
    "offer": r"(?:offert[ae]|promozion[ei]|promo|scont[oi]|prezz[oi]|sald[oi]|svendit[ae]|coupon|buon[oi]|codic[ei]"
    r"|vendit[ae]|risparmio|affar[ei]|occasion[ei]"
    r"|spedizione|omaggi[o]?|regal[oi])",
    "benefit": r"(?:risparmi\w*|scont[oi]|gratis|gratuit\w*|omaggi[o]?|regal[oi]|denaro|soldi|offert[ae]"
    r"|promozion[ei]|vantagg\w*|fortuna|premi[o]?"
    r"|buon[oi] sconto|occasion[ei]|affar[ei]|protezione|sicurezza|\d+ ?%)",
    "channel": r"(?:chiama\w*|telefon\w*|(?:via|per|tramite|con) (?:<w> )?(?:e-?mail|posta|lettera|fax|raccomandata"
    r"|iscritto|scritto)|scriv\w*|contatt\w*"
    r"|raccomandata|pec|lettera|servizio clienti|assistenza clienti)",
}

FORMS = {
    "stock-count": (
        r"\b(?:ne )?(?:rest(?:a|ano)|rimang(?:a|ono)|riman(?:e|gono)|son[o]? rimast[ei]|è rimast[oa]|rimast[ei])"
        r" (?:ormai )?(?:solo |soltanto |solamente |appena )?<num>\b<goods>(?! (?:per|al)\b)",
        r"\b(?:solo|soltanto|solamente|appena|meno di|ultim[ei]) (?:<w> )?<num><goods> (?:<w>"
        r" ){0,4}?(?:disponibil[ei]|rimast[oaei]|rimanent[ei]|in magazzino|in stock|pezz[oi])\b",
        r"\b(?:solo|soltanto|solamente) <num> (?:pezz[oi]|articol[oi]|unità|post[oi]|camer[ae]|pai[ao])\b",
        r"<count><goods> (?:<w> ){0,3}?(?:rimanent[ei]|rimast[ei])\b",
        r"\bultim[oaei] (?:<num> )?(?:pezz[oi]|unità|pai[ao]|post[oi]|camer[ae]|tagli[ae]|disponibil[ei]"
        r"|scorte|biglietti|prodott[oi]|articol[oi] (?:disponibil[ei]|in stock|rimast[oi]))\b",
    ),
    "low-stock": (
        r"\b(?:scorte|disponibilità|quantità|stock|posti|giacenz[ae]) (?:<w> )?(?:limitat[aei]|ridott[aei]|scars[aei]"
        r"|bass[aei]|in esaurimento)\b|\bpoche scorte\b",
        r"\b(?:quasi|presto|praticamente) (?:esaurit[oaei]|finit[oaei]|terminat[oaei]|al completo|sold out)\b|\bin"
        r" (?:via di )?esaurimento\b",
        r"\b(?:sta|stanno) (?:per )?(?:finendo|esaurendo|terminando|finire|esaurirsi|terminare)\b|\bsi (?:esaurisc\w*"
        r"|sta esaurendo|stanno esaurendo)\b",
        r"\bprima che (?:(?:<w> ){0,2}?(?:esaurit\w*|esaurisc\w*|finisc\w*|finit\w*|terminino|sparisc\w*)|vadano a"
        r" ruba)",
        r"\bpoch[ei] (?:<w> )?(?:rimast[ei]|disponibil[ei]|pezzi|unità|posti)\b|\bpezzi limitati\b",
    ),
    "high-demand": (
        r"\b(?:alta|forte|grande|altissima|elevata) (?:richiesta|domanda)\b|\b(?:molto|super) (?:richiest[oaei]"
        r"|popolar[ei]|ricercat[oaei]|gettonat[oaei])\b|\brichiestissim[oaei]\b",
        r"\b(?:vanno|va|andando|sta andando) a ruba\b|\bsi (?:vende|vendono|esaurisc\w*) (?:<w> )?(?:velocemente"
        r"|rapidamente|in fretta)\b|\bcome il pane\b",
    ),
    "stock-told": (
        r"^\W{0,3}<count> (?:<w> )?(?:disponibili|in magazzino|in stock)\b",
        r"\bfino (?:a|ad|all') ?esaurimento (?:<w> )?scorte\b",
    ),
    "crowd-count": (
        r"\b(?:vist[oaie]|acquistat[oaie]|comprat[oaie]|prenotat[oaie]) da (?:oltre |più di )?<count> (?:altre"
        r" )?<people>\b",
        r"(?:<count>|\b(?:molt[ei]|tant[ei]|centinaia di|migliaia di|decine di|divers[ei])) (?:altr[ei] )?<people>"
        r" (?:<w> ){0,6}?(?:<looked>|<bought>|(?:nel|in) (?:<w> )?<bag>)\b",
        r"\b(?:acquistat[oaie]|comprat[oaie]|vendut[oaie]|ordinat[oaie]|prenotat[oaie]) (?:oltre |più di )?<count>"
        r" (?:volte|pezzi|<people>)\b|<count> (?:pezzi |unità |articoli )?(?:vendut[ei]|acquistat[ei])\b|<count>"
        r" (?:acquisti|vendite|ordini) (?:<w> )?(?:oggi|nell\w*|questa|questo)\b",
        r"\bin <count> (?:<w> )?<bag>\b|<count> (?:<w> ){0,4}?(?:nel|nei) (?:loro )?<bag>\b",
        r"\bunisciti a (?:<w> ){0,2}?<count>|\b<people> (?:stanno )?(?:guardando|guardano|visualizzando)\b",
    ),
    "somebody-bought": (
        r"\bultim[oa] (?:acquisto|vendita|ordine|prenotazione)\b.{0,20}\b<num> ?<span> fa\b",
        r"<others>(?:<w> ){1,4}?(?:da|di|a) (?:<w> ){1,5}?(?:ha (?:appena )?|hanno )<bought>\b",
        r"\b(?:qualcuno|un (?:cliente|utente|acquirente|visitatore)|una (?:cliente|persona)) (?:<w> ){0,5}?ha"
        r" (?:appena )?<bought>\b",
        r"<others>.{0,120}\b<bought>\b.{0,80}\b<num> ?<span> fa\b|<others>.{0,120}\b<num> ?<span>"
        r" fa\b.{0,80}\b<bought>\b",
        r"<others>.{0,60}\bha appena <bought>\b",
    ),
    "countdown": (
        r"(?<!\d)(?<!\d[ t-])\d{1,3} ?: ?\d\d ?: ?\d\d(?!\d)",
        r"(?<![\d.])(?:\d ?){1,4}(?:g|gg|giorn[oi]) ?\W{0,2}(?:e )?(?:\d ?){1,4}(?:h|or[ae])(?![a-z])",
        r"(?<![\d.])(?:\d ?){1,4}(?:h|or[ae]) ?\W{0,2}(?:e )?(?:\d ?){1,4}(?:m|min\.?|minut[oi])(?![a-z])\W{0,3}\d",
        r"(?<![\d.])(?:\d ?){1,4}(?:m|min\.?|minut[oi]) ?\W{0,2}(?:e )?(?:\d ?){1,4}(?:s|sec\.?|second[oi])(?![a-z])",
        r"\b(?:termina|finisce|scade|mancano|restano|rimangono)\b.{0,30}\d ?(?:h|or[ae]) ?\W{0,2}(?:e )?\d{1,2} ?(?:m"
        r"|min\.?|minut[oi])\b",
        r"\bgiorni? ?\W? ?ore? ?\W? ?minuti?\b",
        r"\b(?:riservat[oaei]|prenotat[oaei]|garantit[oaei])\b.{0,20}\d ?(?::|min)",
        r"\b(?:termina|finisce|scade|mancano|restano|rimangono|ancora)\b\W{0,3}(?:<w> ){0,3}?\d{1,2} ?: ?\d\d\b",
        r"\b(?:ordina|acquista|compra|prenota) (?:<w> ){0,3}?(?:entro(?: le)?(?: prossime| i prossimi)?|nelle"
        r" prossime) (?:<w> ){0,2}?\d+ ?(?:h\b|ore|min\w*)",
    ),
    "limited-time": (
        r"\bnon (?:restare|rimanere) senza\b",
        r"\b(?:per un )?tempo limitato\b|\bper poco tempo\b|\btempo limitatissimo\b|\bperiodo limitato\b",
        r"\b(?:offert[ae]|promozion[ei]|vendit[ae]|scont[oi]) (?:<w> )?(?:limitat[aeio]|lampo|flash|a tempo)\b",
        r"\b<offer>\b.{0,30}\b(?:termina\w*|finisc\w*|scad\w*|valid[ae])\b.{0,20}\b(?:presto|oggi|domani|stasera"
        r"|mezzanotte|tra \d+ ?<span>|fra \d+ ?<span>|a breve)\b",
        r"\b(?:termina|finisce|scade|scadono|terminano) (?:molto )?(?:presto|oggi|domani|stasera|a mezzanotte|a"
        r" breve)\b|\bin scadenza\b.{0,12}$",
        r"\b(?:solo|soltanto|solamente) (?:per )?(?:oggi|stasera|fino a mezzanotte|questo weekend|questo fine"
        r" settimana|(?:24|48) ?(?:h|ore))\b|\b(?:oggi|24 ?ore|48 ?ore) (?:solo|soltanto)\b",
        r"\bultim[aeio] (?:occasion[ei]|possibilità|or[ae]|giorn[oi]|minut[oi]|chance|chiamata)\b|\b(?:offerta"
        r"|affare) del giorno\b",
        r"\baffrett\w*\b|\bsbrigati\b|\bfai (?:in fretta|presto)\b|\bnon (?:aspettare(?! che| fino)|aspettate"
        r"|attendere oltre|perdere"
        r" tempo)\b|\bcorri (?:a|prima|che)\b|\bcorri!",
        r"\bnon (?:perdertel\w*|perdetevel\w*|fartel\w*|farti|lasciartel\w*|lasciarti) ?(?:<w> ){0,4}?(?:scappare"
        r"|sfuggire)?|\bnon perde(?:re|rti|te) (?:<w> )?(?:l'occasione|l'offerta|quest\w*|occasione|possibilità)\b",
        r"\bprima che sia troppo tardi\b|\bil tempo (?:sta per scadere|stringe|scorre|sta scadendo)\b|\bora o mai"
        r" più\b|\bapprofitta\w* (?:subito|ora|prima)\b",
        r"\b(?:mancano|restano|rimangono) (?:solo |soltanto )?(?:poche |pochi |\d+ ?)(?:ore|h|giorni|minuti|min)\b",
        r"\bprezz[oi] (?:<w> )?(?:aument\w*|salir\w*|sale) (?:presto|domani|oggi|tra)\b",
    ),
    "shaming-decline": (
        r"^no\b.{0,60}\bnon mi importa\b",
        r"^no(?:,? ?grazie|[,.!:;–—-])[ ,.!:;–—-]*.{0,50}\b(?:<benefit>|prezzo pieno|più caro|pagare di più"
        r"|rischi\w*|rinunc\w*|perder\w*|perdo|spreca\w*|buttare)\b",
        r"\bnon (?:voglio|mi piace|mi piacciono|mi interessa\w*|desidero|ho bisogno|sono) (?:<w> ){0,3}?<benefit>\b",
        r"\b(?:preferisco|voglio|scelgo di|mi piace|amo) (?:<w> ){0,2}?(?:pagare|perder\w*|spendere|rischiare"
        r"|(?:restare|rimanere)(?! (?:su\w*|in|qui)\b)|sprecare|rinunciare)\b",
        r"\b(?:odio|detesto|rinuncio a\w*|rifiuto) (?:<w> ){0,4}?(?:<benefit>|risparmiare)\b",
        r"\b(?:pagare|pagherò|pago) (?:<w> ){0,3}?(?:prezzo pieno|di più|intero)\b",
        r"\b(?:continua|procedi|continuare|procedere|ordina) senza (?:<w> ){0,2}?(?:sconto|regalo|offerta|vantagg\w*"
        r"|risparmio)\b",
    ),
    "first-person-decline": (
        r"^no(?:,? ?grazie|[,.!:;–—-])[ ,.!:;–—-]*(?:ma )?(?:io |preferisco|ho già|non (?:voglio|mi|ho bisogno)|mi"
        r" )(?!.{0,12}(?:account|accett|acconsent))",
    ),
    "opt-out-question": (
        r"\b(?:seleziona|selezionare|selezioni|deseleziona\w*|spunta\w*|casella|clicca)\b.{0,80}\b(?:se"
        r"|per)\b.{0,40}\bnon\b",
        r"\bse non (?:desideri|desidera|vuoi|vuole)\b.{0,120}\b(?:selezion\w*|deselezion\w*|spunt\w*|casella"
        r"|barra\w*)\b",
        r"\bnon (?:desidero|voglio) (?:<w> ){0,3}?(?:ricevere|essere|che|condividere)\b|\bpreferisco non ricevere\b",
        r"\b(?:deseleziona\w*|togli\w* la spunta)\b.{0,60}\b(?:casella|se|per)\b|\bnon (?:inviatemi|inviarmi"
        r"|contattatemi)\b",
    ),
    "protect-it": (
        r"\bproteggi (?:il tuo|la tua|i tuoi) (?:<w> )?(?:acquisto|ordine|dispositivo|pacco|viaggio|telefono|prodotto"
        r"|spedizione)\b",
        r"\baggiung\w* (?:<w> ){0,4}?(?:assicurazione|garanzia|protezione)\b",
    ),
    "more-to-buy": (
        r"\bhanno (?:acquistato|comprato|visto) anche\b|\bspesso (?:acquistati|comprati) insieme\b|\bpotrebbe"
        r" piacerti anche\b",
    ),
    "cancel-subscription-by-contact": (
        r"\b(?:disdett\w*|disdire|annull\w*|recesso)\b.{0,40}\b(?:solo|soltanto|esclusivamente)\b.{0,60}\b<channel>\b",
        r"^(?!.{0,3500}\b(?:con un clic|online dal|dal tuo account|nel tuo account|dal suo account|area (?:clienti"
        r"|personale)|impostazioni)\b)"
        r"(?=.{0,3500}\b(?:abbonament\w*|iscrizione|contratto|prova|rinnov\w*|piano|club|tessera|tariffa)\b)"
        r"(?:.{0,3500}\b)?(?:disdett\w*|disdire|annull\w*|cancell\w*|recedere|recesso)\b.{0,160}\b<channel>\b",
    ),
    "cancel-by-contact": (r"\b(?:disdett\w*|disdire|annull\w*|cancell\w*|disiscri\w*)\b.{0,120}\b<channel>\b",),
    "consent-bundled": (
        r"\b(?:accetto|acconsento|approvo)\b.{0,140}\b(?:termini|condizioni|informativa"
        r"|privacy)\b.{0,140}\b(?:newsletter|offerte|e-?mail|promozion\w*|comunicazioni|pubblicit\w*|marketing)\b",
        r"\b(?:iscrivendoti|registrandoti|acquistando|ordinando|proseguendo|continuando)\b.{0,80}\b(?:newsletter"
        r"|comunicazioni (?:commerciali|promozionali)|pubblicità|e-?mail promozionali)\b",
    ),
    "account-demanded": (
        r"\b(?:accedi|registrati|crea un account|iscriviti) per (?:<w> ){0,3}?(?:continuare|vedere|accedere|leggere"
        r"|sbloccare|proseguire|scoprire)\b",
        r"\b(?:devi|deve) (?:<w> ){0,2}?(?:accedere|registrarti|registrarsi|effettuare l'accesso|creare un account)\b",
    ),
    "extra-added": (
        r"\baggiunt[oa] (?:<w> ){0,2}?(?:un'|una |la |l')?(?:assicurazione|garanzia|protezione|donazione)\b",
        r"\b(?:assicurazione|garanzia|protezione|donazione)\b.{0,30}\baggiunt[oa]\b|\baggiunt[oaei] automaticamente\b"
        r"|\bautomaticamente aggiunt[oaei]\b",
        r"\babbiamo (?:<w> ){0,2}?aggiunto\b",
    ),
    "fee-at-the-end": (
        r"\b(?:costi|costo|commission[ei]|spese|supplemento|diritti) (?:di |per )(?:<w> )?(?:servizio|gestione"
        r"|elaborazione|prenotazione|pratica|amministrative|prevendita) ?:? ?(?:di )?[€$£+]?\s?\d",
    ),
    "recurring-charge": (
        r"\b(?:rinnov\w*) (?:<w> ){0,6}?automatic\w*|\bautomaticamente (?:<w> ){0,3}?rinnov\w*|\btacito rinnovo\b",
        r"\b(?:prova|mese gratis|mese gratuito|periodo di prova|giorni gratis)\b.{0,200}\b(?:poi|dopo|salvo|a meno"
        r"|fino a (?:disdetta|cancellazione)|se non|altrimenti|successivamente)\b",
        r"\b(?:ti |le )?(?:verr\w*|sar\w*) (?:<w> ){0,4}?addebitat\w*\b.{0,80}\b(?:mese|mensil\w*|anno|annual\w*"
        r"|settiman\w*|ogni)\b",
        r"\bpoi \d+(?:[.,]\d\d)? ?(?:€|euro|eur) ?(?:/|al|per|ogni) ?(?:mese|anno|settimana)\b",
    ),
}
