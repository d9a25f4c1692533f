"""French."""

from __future__ import annotations

WORDS = {
    "offer": (
        r"\b(?:offres?|promos?|promotions?|soldes?|remises?|réductions?|rabais|économis\w*|prix|ventes? (?:flash"
        r"|privées?)|bons? plans?|codes? promo"
        r"|panier|réservée?s? pour|billets?|places?|cadeaux?|bonus|livraison (?:gratuite|offerte)|dernière chance|en"
        r" stock|dépêchez|commandez|achetez)\b"
    ),
    "other_clock": (
        r"\b(?:connexion|connecter|mot de passe|vérification|code de sécurité|code (?:à|d') ?usage|code d'accès"
        r"|session|téléversement|envoi du fichier|téléchargement\w*"
        r"|télécharg\w*|transfert|entraînement|repos|exercice|intervalle|série|examen|quiz|questions?|match|coup"
        r" d'envoi|webinaire|cours|vidéo|épisode|recette"
        r"|cuisson|(?:au|du) four|enchères?|stationnement|départ|vol|embarquement|maintenance|temps de lecture)\b"
    ),
    "accept": (
        r"^(?:oui|ok|d'accord|accepter|j'accepte|autoriser|continuer|s'abonner|je m'abonne|s'inscrire|je m'inscris"
        r"|rejoindre|obtenir|profiter|j'en profite|ajouter"
        r"|acheter|commencer|économiser|débloquer|activer|garder|protéger|envoyer|essayer|confirmer|commander|valider"
        r"|réserver|je veux|tout accepter|recevoir|je profite)\b"
    ),
    "reject": (
        r"^non(?:[,.!]? (?:merci|pas|je|j'|mon|ma|mes).{0,80})?$|^(?:pas (?:maintenant|aujourd'hui|intéressée?)|plus"
        r" tard|peut-être plus tard|une autre fois"
        r"|passer|ignorer)$|^(?:refuser|tout refuser|rejeter|décliner)\b.{0,40}$|^(?:continuer|poursuivre|commander)"
        r" sans\b|^je (?:ne veux pas|préfère|refuse)\b"
        r"|^(?:cookies )?(?:nécessaires|essentiels)(?: uniquement| seulement)?$|^(?:annuler|fermer|retour|quitter)$"
    ),
    "save_work": r"^(?:enregistrer|ok|appliquer|valider|envoyer|continuer|confirmer|terminé|mettre à jour|créer"
    r"|ajouter|supprimer|téléverser|renommer|garder)\b.{0,30}$",
    "cancel_dialog": r"^(?:annuler|fermer|retour|ignorer les modifications|ne pas enregistrer|réinitialiser)$",
    "subscription": (
        r"\b(?:abonn\w*|renouvellement|renouvel\w*|adhésion|chaque mois|par mois|mensuel\w*|tous les \d+ mois|essai)\b"
    ),
    "extra": (
        r"\b(?:assurance|assurer|protection\w*|protéger|garantie|(?:un|votre) don|dons? (?:à|pour|aux?)|pourboire"
        r"|emballage cadeau|papier cadeau"
        r"|express|premium|option (?:payante|supplémentaire)|supplément\w*|carbone"
        r"|choix du siège|assistance)\b"
    ),
    "consent": (
        r"\b(?:newsletters?|lettre d'information|marketing|promotion\w*|promos?|offres?|e-?mails?|courriels?|sms"
        r"|partenaires?|tiers|publicit\w*|statistiques?|profilage"
        r"|actualités|nouveautés|informée?|personnalis\w*)\b"
    ),
    "harmless": (
        r"\b(?:se souvenir|rester connectée?|adresse de (?:facturation|livraison)|en stock|trier|filtr\w*|afficher"
        r"|nécessaires?|essentiels?|strictement|conditions|cgv|cgu"
        r"|majeure?|reçu|suivi de commande|alertes de sécurité|mises à jour automatiques|quand (?:quelqu'un|je|on)"
        r"|lorsqu\w*|répon\w*|commentaires?|mentions?)\b"
    ),
    "advertising": r"\b(?:newsletters?|marketing|promotion\w*|promos?|offres?|partenaires?|tiers|publicit\w*"
    r"|réductions?)\b",
    "no_extra": r"^(?:non\b|aucune?\b|sans\b|plus tard|une seule fois|achat unique)|\bachat unique\b|\bune seule"
    r" fois\b|\bsans (?:assurance|protection)",
    "added": r"\b(?:plus|en plus|supplément|inclus|seulement|aussi|ajouter)\b",
    "period": r"\b(?:mois|mensuel\w*|ans?|année|annuel\w*|semaines?|jours?)\b",
    "basket": r"\b(?:panier|récapitulatif|votre commande|commande|caisse)\b",
    "charged_extra": (
        r"\b(?:assurance\w*|protection (?:achat|colis|casse|vol|écran|voyage|premium|acheteur)|extension de garantie"
        r"|garantie|don(?=\W*\d| (?:à|pour|aux?)\b)|pourboire|compensation carbone|traitement prioritaire)\b"
    ),
    "negation": r"\b(?:pas|plus|jamais|aucune?|sans|décoch\w*|sauf|refuse\w*|décline|désinscri\w*|oppose)\b|\bne"
    r" (?=\w+ (?:que)\b)",
    "sign_up": r"\b(?:inscri\w*|s'inscrire|connect\w*|créer un compte|créez|abonn\w*|rejoin\w*|e-?mail|courriel"
    r"|membre)\b",
    "dismiss": r"\b(?:fermer|passer|ignorer|plus tard|invitée?|sans (?:compte|inscription)|pas maintenant|non merci"
    r"|retour|masquer)\b",
    "cancel": (
        r"\b(?:résili\w*|annul\w*|arrêter|supprimer|clôturer|mettre fin)\b.{0,24}\b(?:abonnement|adhésion|compte"
        r"|contrat|formule|essai|renouvellement|service)\b"
        r"|\bse désabonner\b|\bdésinscription\b|\brésilier (?:ici|à tout moment|en ligne)\b|\bcomment résilier\b"
    ),
    "cookies": r"\bcookies?\b|\btraceurs?\b|\bvotre (?:vie privée|consentement)\b|\bdonnées personnelles\b",
    "accept_cookies": (
        r"^(?:oui,? )?(?:ok,? )?(?:tout )?(?:accepter|j'accepte|autoriser|d'accord|consentir|je"
        r" consens)\b(?!.*\b(?:nécessaires?|essentiels?|sélection)\b)|^ok pour moi"
    ),
    "reject_cookies": (
        r"\b(?:refus\w*|rejet\w*|déclin\w*|nécessaires?|essentiels?|sans accepter|ne pas accepter|non,? merci)\b|^non\b"
    ),
    "cookie_settings": r"\b(?:paramètres|paramétrer|préférences|gérer|options|personnaliser|en savoir plus|choix"
    r"|détails|configurer)\b",
    "ended": r"\b(?:terminée?s?|expirée?s?|finie?s?|close?s?|trop tard|épuisée?s?|n'est plus|ne sont plus|manqué\w*)\b",
    "cut_off": r"\b(?:livr\w*|expédi\w*|envoi|envoy\w*|recev\w*|retrait|retirer|le jour même|le lendemain)\b",
    "per_visitor": r"\b(?:réservée?s?|panier|session)\b",
    "gratis": r"\b(?:gratuite?s?|offerte?s?|incluse?s?|sans frais)\b",
    "delivery_or_tax": r"\b(?:livraison|expédition|port|tva|taxes?|douane\w*|remise|réduction|bon|avoir|code promo"
    r"|arrondi|consigne|éco-?participation)\b",
    "sum": r"\b(?:sous-total|total|montant|à payer|somme)\b",
    "fee": r"\b(?:frais|supplément|commission)\b|^(?:service|gestion)$",
    "pressing_clock": r"\b(?:termine|finit|expire|reste\w*|plus que|seulement)\b"
    r"|\bj(?:ours?)?\b.{0,12}\bh(?:eures?)?\b.{0,12}\bmin",
    "loss": r"\b(?:mourir|meur\w*|perd\w*|rat\w*|manqu\w*|risqu\w*|gaspill\w*|souffr\w*|échou\w*|pauvre|malade|seule?"
    r"|ennui\w*|laide?|bête|stupide|déteste|égal|fiche|importe|moche|pire|mal|rester?|jamais|sans|préfère|renonc\w*"
    r"|payer|tant pis)\b",
    "first_person": r"^non\b[ ,.!:;–—-]+(?:merci[ ,.!:;–—-]+)?(?:mais )?(?:je|j'|mon|ma|mes|nous|notre|laissez)",
    "neutral": r"\b(?:accepte|consens|compte|intéressée?|adresse|autre|sûre?|merci$|aide|code|membre|déjà|inscrite?)\b",
    "access": r"\b(?:mots? de passe|session|certificats?|(?:sous-)?cle[fs]?|clés?|jetons?|code de (?:vérification"
    r"|sécurité|connexion)|lien|invitation|brouillon)\b",
}
