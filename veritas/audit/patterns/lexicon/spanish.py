"""Spanish."""

from __future__ import annotations

CLASSES = {
    # After a number: the thing that is counted is stock, not time, money, nor characters.
    "goods": r"(?! ?(?:<w> ){0,3}?(?:<span>|tiempo|caracteres?|palabras?|letras?|intentos?|pasos?|puntos?|preguntas?"
    r"|[kmgt]b"
    r"|gigas?"
    r"|euros?|pesos?|km|kilómetros?|metros?|páginas?|calorías|ingredientes|créditos?|vidas?|veces)\b| ?[€$£%]|"
    r" ?(?:eur|usd|mxn)\b)",
    "others": r"^(?!.{0,300}\b(?:yo|mi|mis|me|nos|nuestr\w*|tu|tus|su pedido|he|compré)\b)",
    "w": r"[^\s!?;|]{1,30}",
    "count": r"(?<![\d.,:$€£])\d(?:[\d.,]{0,8}\d)?\+?(?!\.\s|:\d)",
    "num": r"(?:\d[\d.,]{0,9}|un[ao]?s?|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez|(?:muy )?poc[ao]s|algun[ao]s)",
    "people": r"(?:personas?|gente|clientes?|compradores?|usuari[ao]s?|visitantes?|otr[ao]s|fans|viajeros?|miembros?"
    r"|huéspedes"
    r"|mujeres|hombres|padres|seguidores)",
    "bought": r"(?:comprado|compró|compraron|pedido|reservado|reservó|reservaron|vendid[ao]s?|adquirido|adquirió"
    r"|añadido|añadió)",
    "looked": r"(?:viendo|mirando|ven|miran|visto|vieron|consultando|visitando|interesad[ao]s?|en línea|conectad[ao]s"
    r"|observando|pensando|buscando)",
    "bag": r"(?:carritos?|cestas?|bolsas?|listas? de deseos|favoritos)",
    "span": r"(?:segundos?|segs?|s|minutos?|mins?|horas?|h|hs|hrs|días?|d|semanas?|meses|mes|años?)",
    "offer": r"(?:ofertas?|promoci(?:ón|ones)|promos?|descuentos?|rebajas?|precios?|cup(?:ón|ones)|código|ventas?"
    r"|ahorro|chollos?|gangas?"
    r"|envío|bono|regalos?|oportunidad)",
    "benefit": r"(?:ahorrar\w*|ahorros?|descuentos?|gratis|gratuit\w*|regalos?|dinero|ofertas?|promociones|ventajas?"
    r"|beneficios?|suerte"
    r"|premios?|recompensas?|cup(?:ón|ones)|rebajas?|chollos?|protección|seguridad|\d+ ?%)",
    "channel": r"(?:llama\w*|teléfono|telefónic\w*|por (?:<w> )?(?:correo|carta|fax|escrito|e-?mail)|escrib\w*"
    r"|contact\w*|carta|burofax"
    r"|atención al cliente|servicio al cliente)",
}

FORMS = {
    "stock-count": (
        r"\b(?:sólo|solo|solamente|únicamente|tan solo|apenas|menos de) (?:nos |te |le )?(?:qued(?:a|an)|hay|rest(?:a"
        r"|an)) (?:<w> )?<num>\b<goods>",
        r"\b(?:nos )?quedan? (?:ya )?(?:sólo |solo |solamente |tan solo |únicamente |apenas )?<num>\b<goods>(?!"
        r" (?:por|para|de)\b (?:leer|completar))",
        r"\b(?:sólo|solo|solamente|últim[ao]s|únicamente) <num><goods> (?:<w> ){0,4}?(?:disponibles?|en stock"
        r"|restantes?|en existencias?|unidades)\b",
        r"<count><goods> (?:<w> ){0,3}?restantes?\b",
        r"\búltim[ao]s? (?:<num> )?(?:unidad(?:es)?|piezas?|pares?|plazas?|habitaci(?:ón|ones)|tallas?"
        r"|existencias|productos?|disponibles?|(?:artículos?|entradas?) (?:disponibles?|en stock|a la venta))\b",
    ),
    "low-stock": (
        r"\b(?:poc[ao]s?|bajas?|baj[ao]|limitad[ao]s?|escas[ao]s?) (?:<w> )?(?:stock|existencias|unidades"
        r"|disponibilidad|inventario|plazas)\b",
        r"\b(?:stock|existencias|inventario|disponibilidad|unidades|plazas|cantidad(?:es)?) (?:<w> )?(?:baj[ao]s?"
        r"|limitad[ao]s?|escas[ao]s?|reducid[ao]s?)\b",
        r"\b(?:casi|prácticamente|a punto de|pronto) (?:<w> )?(?:agotad[ao]s?|agotar\w*|vendid[ao]s?|completo)\b",
        r"\bse (?:está|están) (?:agotando|acabando|terminando)\b|\bse (?:agotan?|acaban?) (?:<w> )?(?:pronto|rápido"
        r"|rápidamente|ya)\b|\bse agotan?[!.]?$",
        r"\bantes de que (?:se )?(?:agot\w*|acab\w*|termin\w*|vuel\w*|desaparez\w*)\b",
        r"\bquedan (?:muy )?pocas?\b|\bquedan (?:muy )?pocos\b",
    ),
    "high-demand": (
        r"\b(?:alta|gran|mucha|elevada) demanda\b|\bmuy (?:demandad[ao]|solicitad[ao]|popular|buscad[ao]"
        r"|cotizad[ao])s?\b",
        r"\bse (?:vende|venden|reserva|está vendiendo|están vendiendo) (?:<w> ){0,2}?(?:rápid\w*|volando|como)\b"
        r"|\bvuelan?\b(?! (?:a|desde|hasta|con))|\bcomo (?:churros|pan caliente)\b",
    ),
    "stock-told": (
        r"^\W{0,3}<count> (?:<w> )?(?:en stock|disponibles?|en existencias?)\b",
        r"\bhasta (?:agotar|fin de|agotarse las?) existencias\b",
    ),
    "crowd-count": (
        r"\b(?:vist[ao]s?|comprad[ao]s?|añadid[ao]s?|reservad[ao]s?) por (?:más de )?<count> (?:otras )?<people>\b",
        r"(?:<count>|\b(?:much[ao]s|cientos de|miles de|docenas de|varias)) (?:otr[ao]s )?<people> (?:<w>"
        r" ){0,6}?(?:<looked>|<bought>|(?:en|a) (?:<w> )?<bag>)\b",
        r"\b(?:<looked>) (?:<w> ){0,4}?<count> <people>\b|\b<people> (?:están )?(?:viendo|mirando)\b",
        r"\b(?:comprado|vendido|pedido|reservado) (?:más de )?<count> veces\b|<count> (?:unidades )?(?:vendid[ao]s"
        r"|comprad[ao]s|reservas|ventas|compras)\b",
        r"\b(?:en|está en) <count> (?:<w> )?<bag>\b|<count> (?:<w> ){0,4}?en (?:su|sus|el) <bag>\b",
        r"\búnete a (?:<w> ){0,2}?<count>|<count> (?:<w> ){0,5}?en (?:las últimas|los últimos) <count> <span>",
    ),
    "somebody-bought": (
        r"\búltim[ao] (?:compra|venta|pedido|reserva)\b.{0,20}\bhace <num> ?<span>\b",
        r"<others>(?:<w> ){1,4}?(?:de|desde|en) (?:<w> ){1,5}?(?:acaba de |ha |acaban de )(?:<w> )?(?:comprar"
        r"|reservar|pedir|<bought>)",
        r"\b(?:alguien|un[ao]? (?:cliente|persona|comprador|compradora|usuario|visitante)) (?:<w> ){0,5}?(?:acaba de"
        r"|ha comprado|compró|reservó|ha reservado)\b",
        r"<others>.{0,120}\b(?:comprado|compró|reservó|reservado|pidió)\b.{0,80}\bhace <num> ?<span>\b"
        r"|<others>.{0,120}\bhace <num> ?<span>\b.{0,80}\b(?:comprado|compró|reservó)\b",
        r"<others>.{0,60}\bacaba de (?:comprar|reservar|pedir|añadir)\b",
    ),
    "countdown": (
        r"(?<!\d)(?<!\d[ t-])\d{1,3} ?: ?\d\d ?: ?\d\d(?!\d)",
        r"(?<![\d.])(?:\d ?){1,4}(?:d|días?) ?\W{0,2}(?:y )?(?:\d ?){1,4}(?:h|hs|horas?)(?![a-z])",
        r"(?<![\d.])(?:\d ?){1,4}(?:h|horas?) ?\W{0,2}(?:y )?(?:\d ?){1,4}(?:m|min\.?|minutos?)(?![a-z])\W{0,3}\d",
        r"(?<![\d.])(?:\d ?){1,4}(?:m|min\.?|minutos?) ?\W{0,2}(?:y )?(?:\d ?){1,4}(?:s|seg\.?|segundos?)(?![a-z])",
        r"\b(?:termina|acaba|finaliza|expira|caduca|queda\w*|faltan)\b.{0,30}\d ?(?:h|horas?) ?\W{0,2}(?:y )?\d{1,2}"
        r" ?(?:m|min\.?|minutos?)\b",
        r"\bdías? ?\W? ?horas? ?\W? ?minutos?\b",
        r"\b(?:reservad[ao]s?|guardad[ao]s?|garantizad[ao]s?)\b.{0,20}\d ?(?::|min)",
        r"\b(?:termina|acaba|finaliza|expira|caduca|quedan?|faltan)\b\W{0,3}(?:<w> ){0,3}?\d{1,2} ?: ?\d\d\b",
        r"\b(?:compra|pide|reserva|haz tu pedido) (?:<w> ){0,3}?(?:en las próximas|en los próximos|dentro de) (?:<w>"
        r" ){0,3}?\d+ ?(?::|h|min)",
    ),
    "limited-time": (
        r"\b(?:por )?tiempo limitado\b|\bpor (?:muy )?poco tiempo\b|\bpor tiempo muy limitado\b",
        r"\b(?:ofertas?|promoci(?:ón|ones)|ventas?|descuentos?) (?:<w> )?(?:limitad[ao]s?|flash|relámpago)\b|\bventa"
        r" flash\b",
        r"\b<offer>\b.{0,30}\b(?:termina\w*|acaba\w*|finaliza\w*|expira\w*|caduca\w*|válid[ao]s?)\b.{0,20}\b(?:pronto"
        r"|hoy|mañana|esta noche|medianoche"
        r"|en \d+ ?<span>|en breve)\b",
        r"\b(?:termina|acaba|finaliza|expira|caduca)n? (?:muy )?(?:pronto|hoy|mañana|esta noche|a medianoche|en"
        r" breve)\b",
        r"\b(?:sólo|solo|solamente|únicamente) (?:por )?(?:hoy|esta noche|hasta medianoche|este fin de semana|(?:24"
        r"|48) ?h\w*)\b|\b(?:hoy|24 ?h\w*|48 ?h\w*) (?:solo|sólo|solamente|únicamente)\b",
        r"\búltim[ao]s? (?:oportunidad(?:es)?|horas?|días?|minutos?|llamada|aviso)\b|\b(?:oferta|chollo) del día\b",
        r"\b(?:date|dese|dense) prisa\b|\b¡?corre[!,]|\bcorre que\b|\bapresúrate\b|\bapúrate\b|\bno (?:esperes|espere"
        r" más"
        r"|lo dudes|tardes)\b|\bactúa (?:ya|ahora)\b",
        r"\bno (?:te |se |os )?(?:lo |la |los |las )?(?:pierdas|pierda|perdáis|dejes escapar|deje escapar|dejes pasar"
        r"|quedes sin)\b|\bque no se te escape\b",
        r"\bantes de que sea (?:demasiado )?tarde\b|\bel tiempo (?:se acaba|corre|se agota)\b|\baprovecha (?:ya|ahora"
        r"|antes|que)\b|\bahora o nunca\b",
        r"\b(?:quedan|faltan) (?:sólo |solo )?(?:pocas |pocos |\d+ ?)(?:horas?|h|días?|minutos?|min)\b",
        r"\bprecios? (?:<w> )?(?:sub\w*|aument\w*) (?:pronto|mañana|hoy|en)\b",
        r"\b(?:compra|reserva|pide)(?:lo|la)? (?:ya|ahora|hoy)(?: mismo)? (?:antes|mientras)\b",
    ),
    "shaming-decline": (
        r"^no\b.{0,60}\b(?:no me importa|me da igual)\b",
        r"^no(?:,? ?gracias|[,.!:;–—-])[ ,.!:;–—-]*.{0,50}\b(?:<benefit>|precio completo|precio normal|más caro"
        r"|pagar más|riesgo|arries\w*|renunci\w*|perder\w*|me lo pierdo|pierdo|desaprovech\w*)\b",
        r"\b(?:yo )?no (?:quiero|me gusta|me gustan|necesito|deseo|me interesa\w*|soy) (?:<w> ){0,3}?<benefit>\b",
        r"\b(?:prefiero|me gusta|quiero|elijo|me encanta) (?:<w> ){0,2}?(?:pagar|perder\w*|gastar|arriesgar\w*|seguir"
        r"|quedarme(?! (?:en|aquí))|malgastar|desperdiciar)\b",
        r"\b(?:odio|detesto|renuncio a|rechazo|me da igual|paso de) (?:<w> ){0,4}?(?:<benefit>|ahorrar)\b",
        r"\bpag(?:ar|aré|o) (?:<w> ){0,3}?(?:precio completo|el precio|más caro|de más|más)\b",
        r"\b(?:continuar|seguir|comprar|finalizar) sin (?:<w> ){0,2}?(?:descuento|regalo|oferta|ahorro|ventaja)\b",
    ),
    "first-person-decline": (
        r"^no(?:,? ?gracias|[,.!:;–—-])[ ,.!:;–—-]*(?:pero )?(?:yo |me (?!llamo)|prefiero|ya (?:tengo|lo tengo)|no"
        r" (?:quiero|me|necesito) )(?!.{0,10}(?:cuenta|acuerdo|acepto))",
    ),
    "opt-out-question": (
        r"\b(?:marca|marque|desmarca|desmarque|casilla|haz clic|haga clic)\b.{0,80}\b(?:si|para)\b.{0,40}\bno\b",
        r"\bsi no (?:desea|deseas|quiere|quieres)\b.{0,120}\b(?:mar[cq]\w*|desmar[cq]\w*|casilla)\b",
        r"\bno (?:deseo|quiero) (?:<w> ){0,3}?(?:recibir|ser|que (?:me|se)|compartir)\b|\bprefiero no recibir\b",
        r"\bdesmar(?:ca|que|car)\b.{0,60}\b(?:casilla|si|para)\b|\bno me (?:envíen|envíe|envíes|contacten)\b",
    ),
    "protect-it": (
        r"\bprotege (?:tu|tus|su) (?:<w> )?(?:compra|pedido|dispositivo|paquete|viaje|móvil|producto|envío)\b",
        r"\b(?:añad\w*|agreg\w*) (?:<w> ){0,4}?(?:seguro|garantía|protección)\b",
    ),
    "more-to-buy": (
        r"\b(?:también|tambien) (?:compraron|compran|vieron|les gustó)\b|\b(?:comprados juntos|se compran juntos)\b",
    ),
    "cancel-subscription-by-contact": (
        r"\b(?:cancel\w*|baja)\b.{0,40}\b(?:solo|sólo|únicamente|exclusivamente)\b.{0,60}\b<channel>\b",
        r"^(?!.{0,3500}\b(?:con un clic|en línea desde|online|desde tu cuenta|en tu cuenta|desde su cuenta|en su"
        r" cuenta|área de cliente|ajustes)\b)"
        r"(?=.{0,3500}\b(?:suscripci\w*|membresía|contrato|prueba|renov\w*|plan|club|cuota|tarifa|socio)\b)"
        r"(?:.{0,3500}\b)?(?:cancel\w*|darse de baja|darte de baja|dar de baja|baja|anular)\b.{0,160}\b<channel>\b",
    ),
    "cancel-by-contact": (r"\b(?:cancel\w*|dar\w* de baja|anular)\b.{0,120}\b<channel>\b",),
    "consent-bundled": (
        r"\b(?:acepto|consiento|de acuerdo)\b.{0,140}\b(?:términos|condiciones|política)\b.{0,140}\b(?:boletín"
        r"|newsletter|ofertas|correos|promociones|comunicaciones|publicidad|marketing)\b",
        r"\bal (?:registrarte|registrarse|comprar|continuar|suscribirte|hacer)\b.{0,80}\b(?:boletín|newsletter"
        r"|comunicaciones comerciales|publicidad|correos promocionales)\b",
    ),
    "account-demanded": (
        r"\b(?:inicia sesión|inicie sesión|regístrate|regístrese|crea una cuenta|crear una cuenta) para (?:<w>"
        r" ){0,3}?(?:continuar|ver|acceder|leer|desbloquear|seguir)\b",
        r"\b(?:debes|debe|tienes que|tiene que) (?:<w> ){0,2}?(?:iniciar sesión|registrar\w*|crear una cuenta)\b",
    ),
    "extra-added": (
        r"\bse (?:ha|han) (?:<w> ){0,2}?(?:añadido|agregado)\b.{0,30}\b(?:seguro|garantía|protección|donación)\b",
        r"\b(?:seguro|garantía|protección|donación)\b.{0,30}\b(?:añadid[ao]|agregad[ao]|incluid[ao]"
        r" automáticamente)\b|\b(?:añadid[ao]s?|agregad[ao]s?) automáticamente\b|\bautomáticamente (?:añadid[ao]"
        r"|agregad[ao])",
        r"\b(?:hemos|te hemos|le hemos) (?:<w> ){0,2}?(?:añadido|agregado)\b",
    ),
    "fee-at-the-end": (
        r"\b(?:gastos|cargo|cargos|comisión|tarifa|tasa|cuota) (?:de |por )(?:<w> )?(?:gestión|servicio|tramitación"
        r"|procesamiento|manejo|reserva|administración|manipulación) ?:? ?(?:de )?[€$£+]?\s?\d",
    ),
    "recurring-charge": (
        r"\b(?:renov\w*|renueva\w*) (?:<w> ){0,6}?automátic\w*|\bautomáticamente (?:<w> ){0,3}?renov\w*|\brenovación"
        r" automática\b",
        r"\b(?:prueba|mes gratis|periodo de prueba|período de prueba|días gratis)\b.{0,200}\b(?:después|luego|salvo|a"
        r" menos|a no ser|hasta que|si no|transcurrid\w*)\b",
        r"\b(?:se (?:te |le )?(?:cobrar\w*|facturar\w*|cargar\w*)|será\w* (?:cobrad\w*|facturad\w*"
        r"|cargad\w*))\b.{0,80}\b(?:mes|mensual\w*|año|anual\w*|semana\w*|cada)\b",
        r"\bdespués,? \d+(?:[.,]\d\d)? ?(?:€|euros?|eur|\$) ?(?:/|al|por|cada) ?(?:mes|año|semana)\b",
    ),
}
