"""Italian."""

from __future__ import annotations

WORDS = {
    "offer": (
        r"\b(?:offert[ae]|promozion[ei]|promo|scont[oi]|sald[oi]|risparmi\w*|prezz[oi]|vendita lampo|affar[ei]|coupon"
        r"|buono sconto|codice sconto|carrello"
        r"|riservat[oaei] per|bigliett[oi]|post[oi] disponibil[ei]|regal[oi]|omaggio|spedizione gratuita|ultima"
        r" occasione|disponibili|affrettati|acquista (?:ora|subito)|ordina entro)\b"
    ),
    "other_clock": (
        r"\b(?:accesso|password|verifica|codice di (?:sicurezza|verifica|accesso)|codice usa e getta|sessione"
        r"|caricamento|download|scaric\w*|trasferimento|allenamento|riposo|esercizio"
        r"|intervallo|round|esame|quiz|domand[ae]|partita|gioco|webinar|lezione|video|episodio|ricetta|cottura|forno"
        r"|asta|aste|puntata|rilancio|parcheggio|volo|partenza|imbarco"
        r"|manutenzione|tempo di lettura)\b"
    ),
    "accept": (
        r"^(?:sì|si|ok|va bene|accetta\w*|accetto|consenti|permetti|continua|iscriv\w*|abbonati|registrati|unisciti"
        r"|ottieni|voglio|aggiungi|acquista|compra|inizia|risparmia|sblocca"
        r"|attiva|mantieni|proteggi|invia|prova|conferma|ordina|prenota|approfitta|accetta tutt[oi]|ricevi)\b"
    ),
    "reject": (
        r"^no(?:[,.!]? (?:,? ?grazie|non|preferisco|il mio|la mia|io|voglio).{0,80})?$|^(?:non ora|non oggi|più tardi"
        r"|forse più tardi|un'altra volta|non mi interessa|salta)$"
        r"|^(?:rifiuta|rifiuta tutt[oi]|rifiuto|declina)\b.{0,40}$|^(?:continua|procedi|ordina) senza\b"
        r"|^(?:preferisco|non voglio)\b"
        r"|^(?:solo )?(?:cookie )?(?:necessari|essenziali)$|^(?:annulla|chiudi|indietro|esci)$"
    ),
    "save_work": r"^(?:salva|ok|applica|invia|continua|conferma|fine|fatto|aggiorna|crea|aggiungi|elimina|carica"
    r"|rinomina|mantieni)\b.{0,30}$",
    "cancel_dialog": r"^(?:annulla|chiudi|indietro|ignora(?: modifiche)?|non salvare|ripristina)$",
    "subscription": r"\b(?:abbonament\w*|abbonati|rinnov\w*|iscrizione|ogni mese|al mese|mensil\w*|ogni \d+ mesi"
    r"|prova)\b",
    "extra": (
        r"\b(?:assicurazion\w*|assicura|protezion\w*|proteggi|garanzia|donazion\w*|dona|mancia|confezione regalo"
        r"|espress[ao]|premium|extra|supplement\w*|carbonio|scelta del posto|assistenza)\b"
    ),
    "consent": (
        r"\b(?:newsletter|marketing|promozion\w*|offerte|e-?mail|sms|partner|terz[ei]|pubblicit\w*|statistich\w*"
        r"|profilazione|novità|aggiornat[oa]|personalizz\w*|comunicazioni commerciali)\b"
    ),
    "harmless": (
        r"\b(?:ricordami|resta connesso|rimani connesso|indirizzo di (?:fatturazione|spedizione)|disponibili|ordina"
        r" per|filtr\w*|mostra|necessari|essenziali|strettamente|termini|condizioni"
        r"|maggiorenne|ricevuta|stato dell'ordine|avvisi di sicurezza|aggiornamenti automatici|quando (?:qualcuno|mi)"
        r"|rispond\w*|rispost[ae]|comment[oi]|menzion\w*)\b"
    ),
    "advertising": r"\b(?:newsletter|marketing|promozion\w*|offerte|partner|terz[ei]|pubblicit\w*|sconti"
    r"|comunicazioni commerciali)\b",
    "no_extra": r"^(?:no\b|nessun[ao]?\b|senza\b|più tardi|una tantum|acquisto singolo)|\bacquisto singolo\b|\buna"
    r" tantum\b|\bsenza (?:assicurazione|protezione)",
    "added": r"\b(?:più|extra|aggiuntiv\w*|include|solo|anche|aggiungi)\b",
    "period": r"\b(?:mese|mesi|mensil\w*|ann[oi]|annual\w*|settiman\w*|giorn[oi])\b",
    "basket": r"\b(?:carrello|riepilogo|il tuo ordine|ordine|cassa)\b",
    "charged_extra": (
        r"\b(?:assicurazion\w*|protezione (?:acquisto|spedizione|schermo|viaggio|premium|pacco|furto|danni)"
        r"|estensione (?:di |della )?garanzia|garanzia|donazione|mancia|compensazione co2"
        r"|elaborazione prioritaria)\b"
    ),
    "negation": r"\b(?:non|mai|nessun[ao]?|senza|deselezion\w*|tranne|salvo|rifiut\w*|rinunci\w*|smettere)\b",
    "sign_up": r"\b(?:registra\w*|iscriv\w*|accedi|crea\w* (?:un )?account|abbonati|unisciti|e-?mail|membro|socio)\b",
    "dismiss": r"\b(?:chiudi|salta|più tardi|ospite|senza (?:account|registrazione)|non ora|no,? grazie|indietro"
    r"|nascondi)\b",
    "cancel": (
        r"\b(?:annull\w*|disdi\w*|cancell\w*|elimin\w*|chiud\w*|termin\w*)\b.{0,24}\b(?:abbonamento|iscrizione"
        r"|account|piano|prova|rinnovo|servizio|contratto)\b|\bdisiscriviti\b"
        r"|\bdisdici (?:qui|in qualsiasi momento|quando vuoi)\b|\bcome disdire\b"
    ),
    "cookies": r"\bcookie\b|\btracciamento\b|\b(?:la tua|tua) privacy\b|\bil tuo consenso\b|\bdati personali\b",
    "accept_cookies": (
        r"^(?:sì,? )?(?:ok,? )?(?:accetta\w*|accetto|consenti|acconsento|permetti|va bene)\b(?!.*\b(?:necessari"
        r"|essenziali|selezion\w*|solo)\b)"
    ),
    "reject_cookies": r"\b(?:rifiut\w*|nega|necessari|essenziali|senza accettare|non accett\w*|no,? grazie)\b|^no\b",
    "cookie_settings": r"\b(?:impostazioni|preferenze|gestisci|opzioni|personalizza|scopri di più|scelte|dettagli"
    r"|configura)\b",
    "ended": r"\b(?:terminat[oaei]|scadut[oaei]|finit[oaei]|conclus[oaei]|chius[oaei]|non più|troppo tardi"
    r"|esaurit[oaei])\b",
    "cut_off": r"\b(?:sped\w*|consegn\w*|ricev\w*|ritir\w*|in giornata|il giorno dopo|entro domani)\b",
    "per_visitor": r"\b(?:riservat[oaei]|carrello|sessione)\b",
    "gratis": r"\b(?:gratis|gratuit[oaei]|inclus[oaei]|senza costi)\b",
    "delivery_or_tax": r"\b(?:spedizione|consegna|iva|tasse|imposte|dogana|sconto|coupon|buono|credito"
    r"|arrotondamento)\b",
    "sum": r"\b(?:subtotale|totale|importo|da pagare|somma)\b",
    "fee": r"\b(?:commission[ei]|supplemento|costi|costo|spese|diritti)\b|^(?:servizio|gestione)$",
    "pressing_clock": r"\b(?:termina|finisce|scade|mancano|restano|rimangono|solo)\b"
    r"|\bgiorn[oi]\b.{0,12}\bor[ae]\b.{0,12}\bmin",
    "loss": r"\b(?:morire|muoi\w*|perd\w*|rischi\w*|sprec\w*|soffr\w*|fallir\w*|pover\w*|malat\w*|sol[ao]|annoi\w*"
    r"|brutt\w*|stupid\w*|odio|importa|peggio|male|rest\w*|riman\w*|mai|senza|preferisco|rinunc\w*|pagare)\b",
    "first_person": r"^no\b[ ,.!:;–—-]+(?:grazie[ ,.!:;–—-]+)?(?:ma )?(?:io|il mio|la mia|i miei|le mie|mi|preferisco"
    r"|nostr\w*|non mi|non voglio)\b",
    "neutral": r"\b(?:accetto|account|interessa|indirizzo|altr[oa]|sicur[oa]|grazie$|aiuto|codice|membro|già"
    r"|registrat\w*)\b",
    "access": r"\b(?:password|sessione|certificat[oi]|(?:sotto)?chiav[ei]|token|codice di (?:verifica|sicurezza"
    r"|accesso)|link|invito|bozza)\b",
}
