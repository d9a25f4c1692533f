"""French."""

from __future__ import annotations

CLASSES = {
    # After a number: the thing that is counted is stock, not time, money, nor characters.
    "goods": r"(?! ?(?:<w> ){0,3}?(?:<span>|temps|durée|caractères?|mots?|lettres?|essais?|tentatives?|étapes?"
    r"|points?|questions?"
    r"|[kmgt]o"
    r"|[kmgt]b|euros?|km|kilomètres?|mètres?|pages?|calories|ingrédients|crédits|vies?|fois)\b| ?[€$£%]| ?(?:eur"
    r"|chf)\b)",
    "others": r"^(?!.{0,300}\b(?:je|j'\w*|mon|ma|mes|moi|m'\w*|nous|votre|vos|vous)\b)",
    "w": r"[^\s!?;|]{1,30}",
    "count": r"(?<![\d.,:$€£])\d(?:[\d.,]{0,8}\d)?\+?(?!\.\s|:\d)",
    "num": r"(?:\d[\d.,]{0,9}|une?|deux|trois|quatre|cinq|six|sept|huit|neuf|dix|quelques|peu(?: de| d')|une poignée)",
    "people": r"(?:personnes?|gens|client(?:e?s|\(e\)s|·es)?|acheteurs?|acheteuses|utilisateurs?|visiteurs?"
    r"|internautes|autres"
    r"|fans|voyageurs?|membres|femmes|hommes|parents|abonnés)",
    "bought": r"(?:acheté(?:e?s)?|acheté|achetée|commandé(?:e?s)?|commandée|réservé(?:e?s)?|réservée|vendu(?:e?s)?"
    r"|vendue|craqué|adopté(?:e?s)?)",
    "looked": r"(?:regardent|regarde|consultent|consulte|voient|visionnent|observent|vu|vue|consulté|regardé|en train"
    r"|intéressé\w*|en ligne|hésitent|suivent|visitent)",
    "bag": r"(?:paniers?|listes? d'envies|favoris|wishlists?)",
    "span": r"(?:secondes?|secs?|s|minutes?|mins?|heures?|h|jours?|j|semaines?|mois|ans?|années?)",
    "offer": r"(?:offres?|promos?|promotions?|soldes?|remises?|réductions?|prix|ventes?|codes?|bons? plans?|affaires?"
    r"|coupons?"
    r"|livraison|cadeaux?|deals?|bonus|tarifs?)",
    "benefit": r"(?:économi\w*|réductions?|remises?|rabais|gratuit\w*|cadeaux?|argent|offres?|promos?|promotions?"
    r"|avantages?"
    r"|bons? plans?|bonnes? affaires?|chance|bonus|récompenses?|protection|sécurité|\d+ ?%)",
    "channel": r"(?:appel\w*|téléphon\w*|par (?:<w> )?(?:courrier|lettre|e-?mail|mail|fax|écrit)|écri(?:re|vez|vant)"
    r"|contact\w*|courrier"
    r"|lettre recommandée|recommandé|service client\w*)",
}

FORMS = {
    "stock-count": (
        r"\b(?:plus|seulement|juste|moins de|uniquement) (?:que )?(?:<w> )?<num><goods> (?:<w> ){0,4}?(?:en stock"
        r"|disponibles?|restante?s?"
        r"|de disponibles?)\b",
        r"\b(?:il ne |ne |n')?(?:vous )?reste(?:nt)? (?:plus )?(?:que |seulement |qu'|plus que )?<num>\b<goods>(?!"
        r" (?:à|pour|avant)\b)",
        r"\bplus (?:que|qu') ?<num>\b<goods>",
        r"<count><goods> (?:<w> ){0,3}?restante?s?\b",
        r"\b(?:derniers?|dernières?) (?:<num> )?(?:pièces?|exemplaires?|unités?|paires?|places?|tailles?"
        r"|chambres?|produits?|stocks?|disponibles?|articles? (?:en stock|disponibles?|restants?))\b",
        r"\bseulement <count><goods>\b(?! ?(?:h|mn|min))",
    ),
    "low-stock": (
        r"\bstocks? (?:<w> )?(?:faibles?|limités?|bas|réduits?|restreints?)\b|\bfaible stock\b",
        r"\b(?:presque|bientôt|quasiment|quasi) (?:épuisé\w*|en rupture|vendu\w*|parti\w*|complet\w*)\b",
        r"\b(?:quantités?|disponibilités?|places?|exemplaires?|nombre) (?:<w> )?(?:limitée?s?|restreinte?s?)\b"
        r"|\bquantités? (?:très )?limitée?s?\b",
        r"\b(?:bientôt|en voie d') ?(?:rupture|épuisement)\b|\bs'épuise\w*|\bépuisement imminent",
        r"\bavant (?:la rupture|qu'il n'y en ait plus|épuisement|qu'ils? ne (?:soit|soient|parte\w*)(?! trop tard))",
        r"\bil (?:n'y )?en reste (?:très )?peu\b|\breste très peu\b|\bpeu d'(?:exemplaires|articles|unités)\b",
    ),
    "high-demand": (
        r"\bvictime de son succès\b",
        r"\b(?:forte|très forte|grosse|énorme) demande\b|\btrès (?:demandé|recherché|populaire|convoité|prisé)\w*",
        r"\bse (?:vend|vendent|réserve|arrache|arrachent)(?:nt)? (?:<w> )?(?:vite|rapidement|comme)\b|\bs'arrache\w*",
        r"\bpart(?:ent)? (?:très )?(?:vite|rapidement)\b|\bcomme des petits pains\b",
    ),
    "stock-told": (
        r"^\W{0,3}<count> (?:<w> )?(?:en stock|disponibles?)\b",
        r"\b(?:dans la limite|jusqu'à épuisement) des stocks\b",
    ),
    "crowd-count": (
        r"\b(?:vue?s?|consultée?s?|regardée?s?|ajoutée?s?|achetée?s?|commandée?s?) par (?:plus de |déjà )?<count>"
        r" (?:autres )?<people>\b",
        r"(?:<count>|\b(?:plusieurs|dizaines de|centaines de|milliers de|beaucoup de)) (?:autres? )?<people> (?:<w>"
        r" ){0,6}?"
        r"(?:<looked>|<bought>|(?:dans|à|au) (?:<w> )?<bag>)\b",
        r"\b<people> (?:regardent|consultent|sont en train)\b",
        r"\b<bought> (?:<w> ){0,2}?<count> fois\b|<count> (?:<w> )?<bought>\b|<count> (?:ventes|achats|commandes)"
        r" (?:<w> ){0,3}?"
        r"(?:aujourd'hui|ces|cette|dernière\w*|ce)",
        r"\bdans <count> (?:<w> )?<bag>\b|<count> (?:<w> ){0,4}?(?:dans leur|à leur) <bag>\b",
        r"\b(?:rejoignez|rejoins) (?:<w> ){0,2}?<count>",
    ),
    "somebody-bought": (
        r"\bderni(?:er|ère) (?:achat|vente|commande|réservation)\b.{0,20}\bil y a <num> ?<span>\b",
        r"<others>(?:<w> ){1,4}?(?:de|d'|à|from|en) ?(?:<w> ){1,5}?(?:vient d'|a |viennent d')(?:<w>"
        r" ){0,2}?(?:acheter|commander|réserver|<bought>)",
        r"\b(?:quelqu'un|une? (?:client|cliente|personne|acheteur|visiteur)) (?:<w> ){0,5}?(?:vient d'(?:acheter"
        r"|commander|ajouter)|a (?:<w> )?<bought>|réserver)",
        r"<others>.{0,120}\b<bought>\b.{0,80}\bil y a <num> ?<span>\b|<others>.{0,120}\bil y a <num>"
        r" ?<span>\b.{0,80}\b<bought>\b",
        r"<others>.{0,60}\bvient d'(?:acheter|commander|réserver|ajouter)\b",
    ),
    "countdown": (
        r"(?<!\d)(?<!\d[ t-])\d{1,3} ?: ?\d\d ?: ?\d\d(?!\d)",
        r"(?<![\d.])(?:\d ?){1,4}(?:j|jours?) ?\W{0,2}(?:et )?(?:\d ?){1,4}(?:h|heures?)(?![a-z])",
        r"(?<![\d.])(?:\d ?){1,4}(?:h|heures?) ?\W{0,2}(?:et )?(?:\d ?){1,4}(?:m|mn|min\.?|minutes?)(?![a-z])\W{0,3}\d",
        r"(?<![\d.])(?:\d ?){1,4}(?:m|mn|min\.?|minutes?) ?\W{0,2}(?:et )?(?:\d ?){1,4}(?:s|sec\.?|secondes?)(?![a-z])",
        r"\b(?:termine|finit|fin|expire|reste|plus que)\b.{0,30}\d ?(?:h|heures?) ?\W{0,2}(?:et )?\d{1,2} ?(?:m|mn"
        r"|min\.?|minutes?)\b",
        r"\bjours? ?\W? ?heures? ?\W? ?minutes?\b",
        r"\b(?:réservée?s?|garanti\w*|conservée?s?)\b.{0,20}\d ?(?::|mn|min)",
        r"\b(?:termine|finit|expire|fin|reste\w*|plus que)\b\W{0,3}(?:<w> ){0,3}?\d{1,2} ?: ?\d\d\b",
        r"\b(?:commandez|achetez|réservez) (?:<w> ){0,3}?(?:dans les|d'ici) (?:<w> ){0,3}?\d+ ?(?::|h|mn|min)",
    ),
    "limited-time": (
        r"\bjusqu'à (?:minuit|dimanche|demain|ce soir) (?:seulement|uniquement)\b|\b(?:moment|maintenant) ou jamais\b",
        r"\b(?:durée|temps|période) limitée?\b|\bpour (?:un|une) (?:temps|durée|période) (?:très )?(?:limitée?"
        r"|courte)\b",
        r"\b(?:offres?|promos?|promotions?|ventes?) (?:<w> )?(?:limitées?|éphémères?|flash|éclairs?)\b|\bventes?"
        r" flash\b",
        r"\b<offer>\b.{0,30}\b(?:se termin\w*|finit|expire\w*|prend fin|prennent fin|valables?"
        r"|termine)\b.{0,20}\b(?:bientôt|ce soir|aujourd'hui"
        r"|demain|minuit|dans \d+ ?<span>|uniquement aujourd'hui)\b",
        r"\b(?:se termine|finit|expire|prend fin) (?:bientôt|ce soir|aujourd'hui|demain|à minuit)\b",
        r"\b(?:aujourd'hui|ce week-end|24 ?h|48 ?h|ce soir) (?:seulement|uniquement)\b|\b(?:seulement|uniquement)"
        r" (?:aujourd'hui|ce week-end"
        r"|jusqu'à minuit|pendant \d+ ?h)",
        r"\bderni(?:ère|er)s? (?:chance|heures?|jours?|minutes?|appel|délai)\b|\b(?:offre|deal) du jour\b",
        r"\b(?:dépêchez|dépêche|hâtez)\b|\bfaites vite\b|\bfais vite\b|\bvite\s?!|\bprofitez-en (?:vite|avant"
        r"|maintenant|tant)|\bn'attendez (?:pas|plus)\b"
        r"|\bn'attends (?:pas|plus)\b|\btant qu'il (?:est|en) (?:encore temps|reste)\b",
        r"\bne (?:(?:manquez|ratez|loupez|passez|manque|rate|loupe) (?:pas|surtout pas)|laissez pas (?:passer"
        r"|filer))\b",
        r"\bavant qu'il (?:ne )?soit trop tard\b|\bil est temps de (?:craquer|commander)\b|\ble temps (?:presse|file"
        r"|s'écoule)\b",
        r"\bplus que (?:quelques|\d+) ?(?:heures?|h|jours?|minutes?|min)\b|\bil (?:ne )?(?:vous )?reste (?:plus que"
        r" )?(?:quelques|\d+) ?(?:heures?|h|jours?"
        r"|minutes?) (?:pour profiter|pour commander|seulement|avant la fin)",
        r"\bprix (?:<w> )?(?:augment\w*|remont\w*) (?:bientôt|demain|ce soir|dans)\b",
    ),
    "shaming-decline": (
        r"\bje refuse de (?:protéger|profiter|sauver|faire des économies|recevoir (?:ma|mon|mes))\b"
        r"|^non\b.{0,60}\b(?:m'importe peu|m'est égale?|je m'en (?:fiche|moque))\b",
        r"^non\b[ ,.!:;-]*(?:merci)?[ ,.!:;–—-]*.{0,50}\b(?:<benefit>|plein tarif|prix fort|plus cher|payer plus"
        r"|risque\w*|renonc\w*|rater?|tant pis"
        r"|perd(?:re|s|rai)?|gâch\w*|manquer)\b(?<!merci)",
        r"\bje (?:ne |n')(?:<w> )?(?:veux|souhaite|aime|désire|suis|mérite|ai) (?:<w> ){0,2}?(?:(?:pas|besoin|faire"
        r"|intéressée?|par|de|du|des|la|les|mes|mon) ){0,4}(?:d'|l'|les )?<benefit>\b",
        r"\bje (?:préfère|veux|vais|choisis de) (?:<w> ){0,3}?(?:payer|perdre|rater|risquer|manquer|gaspiller"
        r"|dépenser|rester(?! (?:sur|ici|connectée?))|renoncer)\b",
        r"\bje (?:déteste|renonce|refuse|hais) (?:<w> ){0,4}?(?:<benefit>|économiser)\b|\bje (?:n')?aime (?:pas"
        r" )?(?:<w> ){0,2}?(?:payer|économiser)\b",
        r"\b(?:payer|paierai|paye|paie) (?:<w> ){0,3}?(?:plein tarif|prix fort|plus cher|le prix plein|tarif plein)\b"
        r"|\bprix fort\b.{0,10}$",
        r"\b(?:continuer|commander|poursuivre) sans (?:<w> ){0,2}?(?:réduction|remise|cadeau|offre|avantage)\b",
    ),
    "first-person-decline": (
        r"^non\b[ ,.!:;-]*(?:merci)?[ ,.!:;–—-]*(?:mais )?j(?:e |')(?!accepte|n'accepte|consens|ne consens|refuse$"
        r"|n'ai pas (?:de|encore) (?:compte|code))",
    ),
    "opt-out-question": (
        r"\b(?:cochez|décochez|cocher|décocher|cliquez|case)\b.{0,80}\b(?:si|pour|afin)\b.{0,60}\b(?:ne"
        r"|n')\s?.{0,30}\b(?:pas|plus)\b",
        r"\bsi vous ne (?:souhaitez|voulez|désirez) (?:pas|plus)\b.{0,120}\b(?:coch\w*|décoch\w*|case)\b",
        r"\bje ne (?:souhaite|veux|désire) (?:pas|plus) (?:<w> ){0,4}?(?:recevoir|être|partager)\b",
        r"\bdécoch\w*\b.{0,60}\b(?:case|si|pour)\b|\bne (?:me |m')?envoyez (?:pas|plus)\b|\bne pas (?:m'|me"
        r" )(?:envoyer|contacter|inscrire)",
    ),
    "protect-it": (
        r"\bprotégez (?:votre|vos|ton) (?:<w> )?(?:achat|commande|appareil|colis|voyage|téléphone|produit)s?\b",
        r"\bajout\w* (?:<w> ){0,4}?(?:assurance|garantie|protection)\b",
    ),
    "more-to-buy": (
        r"\b(?:ont|avoir) (?:aussi|également) (?:acheté|aimé|commandé)\b|\bsouvent achetés? ensemble\b|\bvous aimerez"
        r" aussi\b",
    ),
    "cancel-subscription-by-contact": (
        r"\brésili\w*\b.{0,40}\b(?:uniquement|exclusivement|seulement|que)\b.{0,60}\b<channel>\b",
        r"^(?!.{0,3500}\b(?:en un clic|en ligne|espace (?:client|personnel)|depuis votre compte|dans votre compte"
        r"|paramètres)\b)"
        r"(?=.{0,3500}\b(?:abonnement\w*|adhésion\w*|contrat\w*|essai|renouvel\w*|formule|club|forfait)\b)"
        r"(?:.{0,3500}\b)?(?:résili\w*|annul\w*|désabonn\w*|mettre fin|arrêter)\b.{0,160}\b<channel>\b",
    ),
    "cancel-by-contact": (r"\b(?:résili\w*|annul\w*|désabonn\w*|désinscri\w*)\b.{0,120}\b<channel>\b",),
    "consent-bundled": (
        r"\b(?:accepte|consens|approuve)\b.{0,140}\b(?:conditions|cgv|cgu|politique)\b.{0,140}\b(?:newsletter|offres"
        r"|e-?mails?|promotions?"
        r"|commerciales?|publicit\w*|marketing)\b",
        r"\ben (?:vous inscrivant|commandant|validant|créant|continuant)\b.{0,80}\b(?:newsletter|offres"
        r" (?:commerciales|promotionnelles)"
        r"|e-?mails? (?:commerciaux|promotionnels)|sollicitations)\b",
    ),
    "account-demanded": (
        r"\b(?:connectez-vous|inscrivez-vous|identifiez-vous|créez un compte|créer un compte|se connecter) pour"
        r" (?:<w> ){0,3}?(?:continuer|voir|accéder"
        r"|lire|débloquer|poursuivre|découvrir)\b",
        r"\bvous devez (?:<w> ){0,3}?(?:connecté\w*|connecter|inscrire|créer un compte|identifier)\b",
    ),
    "extra-added": (
        r"\b(?:assurance|garantie|protection|don)\b.{0,30}\bajoutée?\b|\bajoutée?s? automatiquement\b"
        r"|\bautomatiquement ajoutée?s?\b",
        r"\bnous avons (?:<w> ){0,2}?ajouté\b|\bdéjà ajoutée?s? (?:à votre|au) (?:panier|commande)\b",
    ),
    "fee-at-the-end": (
        r"\bfrais (?:de |d')(?:service|dossier|traitement|gestion|réservation|préparation|manutention|plateforme) ?:?"
        r" ?(?:de )?[€$£+]?\s?\d",
    ),
    "recurring-charge": (
        r"\b(?:renouvel\w*|reconduit\w*|reconduction) (?:<w> ){0,6}?(?:automatique\w*|tacite\w*)|\btacite"
        r" reconduction\b|\bautomatiquement renouvel\w*",
        r"\b(?:essai|période d'essai|mois gratuit|mois offert)\b.{0,200}\b(?:puis|ensuite|sauf|sinon|à l'issue"
        r"|au-delà|jusqu'à (?:<w> )?(?:résiliation|annulation))\b",
        r"\b(?:sera|serez|seront|est|êtes) (?:<w> ){0,4}?(?:débité\w*|facturé\w*|prélevé\w*)\b.{0,80}\b(?:mois|an"
        r"|mensuel\w*|semaine|chaque|année)\b",
        r"\bpuis \d+(?:[.,]\d\d)? ?(?:€|euros?|eur) ?(?:/|par) ?(?:mois|an|semaine)\b",
    ),
}
