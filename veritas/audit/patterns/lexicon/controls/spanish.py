"""Spanish."""

from __future__ import annotations

WORDS = {
    "offer": (
        r"\b(?:ofertas?|promoci(?:ón|ones)|promos?|descuentos?|rebajas?|ahorr\w*|precios?|venta flash|chollos?"
        r"|cup(?:ón|ones)|código de descuento|carrito|cesta"
        r"|reservad[ao]s? (?:durante|por)|entradas?|plazas?|regalos?|bono|envío gratis|última oportunidad|en stock"
        r"|date prisa|compra ya|compra ahora)\b"
    ),
    "other_clock": (
        r"\b(?:inicio de sesión|iniciar sesión|contraseña|verificaci\w*|código de (?:seguridad|acceso|un solo uso)"
        r"|sesión|subida|subiendo|descarg\w*|transferencia|entrenamiento"
        r"|descanso|ejercicio|intervalo|ronda|examen|cuestionario|preguntas?|partido|juego|seminario|clase|vídeo"
        r"|episodio|receta|cocción|horno|subasta|puja\w*"
        r"|aparcamiento|vuelo|salida|embarque|mantenimiento|tiempo de lectura)\b"
    ),
    "accept": (
        r"^(?:sí|si|ok|vale|aceptar|acepto|de acuerdo|permitir|continuar|suscrib\w*|registrar\w*|unir\w*|únete"
        r"|obtener|consigue|quiero|añadir|comprar|empezar|ahorrar|desbloquear"
        r"|activar|conservar|proteger|enviar|probar|confirmar|pedir|reservar|aprovechar|aceptar todo|recibir)\b"
    ),
    "reject": (
        r"^no(?:[,.!]? (?:,? ?gracias|ahora|me|quiero|prefiero|mi|mis|yo|deseo|necesito).{0,80})?$|^(?:ahora no|hoy"
        r" no|más tarde|quizás? más tarde|en otro momento|no me interesa|saltar|omitir)$"
        r"|^(?:rechazar|rechazar todo|denegar|declinar)\b.{0,40}$|^(?:continuar|seguir|comprar) sin\b|^(?:prefiero|no"
        r" quiero)\b"
        r"|^(?:solo |sólo )?(?:cookies )?(?:necesarias|esenciales)$|^(?:cancelar|cerrar|volver|atrás|salir)$"
    ),
    "save_work": r"^(?:guardar|ok|aplicar|enviar|continuar|confirmar|listo|actualizar|crear|añadir|eliminar|subir"
    r"|renombrar|conservar)\b.{0,30}$",
    "cancel_dialog": r"^(?:cancelar|cerrar|volver|atrás|descartar(?: cambios)?|no guardar|restablecer)$",
    "subscription": r"\b(?:suscri\w*|renov\w*|membresía|cada mes|al mes|por mes|mensual\w*|cada \d+ meses|prueba)\b",
    "extra": (
        r"\b(?:seguro|asegurar|protección\w*|proteger|garantía|donaci\w*|donar|propina|envoltorio|envuelto para"
        r" regalo|exprés|premium|extra|suplemento|carbono|asiento|asistencia)\b"
    ),
    "consent": (
        r"\b(?:newsletters?|bolet\w*|marketing|promoci\w*|ofertas?|correos?|e-?mails?|sms|socios|terceros|publicidad"
        r"|publicitari\w*|estadísticas?|perfil\w*|novedades|noticias"
        r"|informad[ao]|personaliz\w*|comunicaciones comerciales)\b"
    ),
    "harmless": (
        r"\b(?:recordarme|recuérdame|mantener (?:la )?sesión|dirección de (?:facturación|envío)|en stock|ordenar"
        r"|filtr\w*|mostrar|necesarias?|esenciales|estrictamente|términos|condiciones"
        r"|mayor de edad|recibo|estado del pedido|alertas de seguridad|actualizaciones automáticas|cuando (?:alguien"
        r"|yo|me)|respon\w*|respuestas?|comentarios?|menciones)\b"
    ),
    "advertising": r"\b(?:newsletters?|bolet\w*|marketing|promoci\w*|ofertas?|socios|terceros|publicidad"
    r"|publicitari\w*|descuentos?|comunicaciones comerciales)\b",
    "no_extra": r"^(?:no\b|ningun[ao]\b|sin\b|más tarde|una sola vez|compra única)|\bcompra única\b|\buna sola vez\b"
    r"|\bsin (?:seguro|protección)",
    "added": r"\b(?:más|extra|adicional|incluye|solo|sólo|también|añadir)\b",
    "period": r"\b(?:mes|meses|mensual\w*|años?|anual\w*|semanas?|semanal|días?)\b",
    "basket": r"\b(?:carrito|cesta|resumen del pedido|tu pedido|su pedido|pedido|caja)\b",
    "charged_extra": (
        r"\b(?:seguro\w*|protección (?:de |del )?(?:compra|envío|pantalla|viaje|premium|paquete|robo)|garantía"
        r" (?:ampliada|extendida)|extensión de garantía|garantía|donación|donativo|propina"
        r"|compensación de carbono|procesamiento prioritario)\b"
    ),
    "negation": r"\b(?:no|nunca|jamás|ningun[ao]?|sin|desmar\w*|salvo|excepto|rechaz\w*|renunci\w*|dejar de)\b",
    "sign_up": r"\b(?:registr\w*|regístrate|inicia\w* sesión|crea\w* (?:una )?cuenta|suscr\w*|únete|correo|e-?mail"
    r"|miembro|socio)\b",
    "dismiss": r"\b(?:cerrar|saltar|omitir|más tarde|invitad[ao]|sin (?:cuenta|registro)|ahora no|no,? gracias|volver"
    r"|atrás|ocultar)\b",
    "cancel": (
        r"\b(?:cancelar|anular|eliminar|borrar|cerrar|terminar)\b.{0,24}\b(?:suscripción|membresía|cuenta|plan|prueba"
        r"|renovación|servicio|contrato)\b|\bdar(?:se|te|me)? de baja\b"
        r"|\bcancel(?:ar|a) (?:aquí|en cualquier momento)\b|\bcómo cancelar\b"
    ),
    "cookies": r"\bcookies?\b|\brastreo\b|\b(?:tu|su) (?:privacidad|consentimiento)\b|\bdatos personales\b",
    "accept_cookies": (
        r"^(?:sí,? )?(?:ok,? )?(?:aceptar|acepto|permitir|de acuerdo|consentir)\b(?!.*\b(?:necesarias?|esenciales"
        r"|selección|solo|sólo)\b)"
    ),
    "reject_cookies": r"\b(?:rechaz\w*|deneg\w*|necesarias?|esenciales|sin aceptar|no acept\w*|no,? gracias)\b|^no\b",
    "cookie_settings": r"\b(?:configuraci\w*|preferencias|gestionar|opciones|personalizar|más información|ajustes"
    r"|detalles|configurar)\b",
    "ended": r"\b(?:terminad[ao]s?|ha terminado|han terminado|finalizad[ao]s?|ha finalizado|expirad[ao]s?|ha expirado"
    r"|caducad[ao]s?|cerrad[ao]s?|ya no|demasiado tarde|agotad[ao]s?)\b",
    "cut_off": r"\b(?:env[ií]\w*|entreg\w*|recíbel\w*|recib\w*|recog\w*|mismo día|al día siguiente)\b",
    "per_visitor": r"\b(?:reservad[ao]s?|carrito|cesta|sesión)\b",
    "gratis": r"\b(?:gratis|gratuit[ao]s?|incluid[ao]s?|sin coste|sin cargo)\b",
    "delivery_or_tax": r"\b(?:envío|entrega|portes|iva|impuestos?|aduanas?|descuento|cupón|vale|saldo|redondeo)\b",
    "sum": r"\b(?:subtotal|total|importe|a pagar|suma)\b",
    "fee": r"\b(?:gastos|cargos? (?:por|de|adicional(?:es)?)|comisión|tarifa|suplemento"
    r"|recargo|tasas? de (?:servicio|gestión|reserva))\b"
    r"|^(?:servicio|gestión)$",
    "pressing_clock": r"\b(?:termina|acaba|expira|caduca|quedan?|faltan|sólo|solo)\b"
    r"|\bd(?:ías?)?\b.{0,12}\bh(?:oras?)?\b.{0,12}\bmin",
    "loss": r"\b(?:morir|muer\w*|pierd\w*|perder\w*|arriesg\w*|riesgo|desperdici\w*|malgast\w*|sufr\w*|fracas\w*"
    r"|pobre|enferm\w*|sol[ao]|aburrid\w*|fe[ao]|tont[ao]|odio|igual|importa|peor|mal|qued\w*|nunca|sin|prefiero"
    r"|renunci\w*|pagar)\b",
    "first_person": r"^no\b[ ,.!:;–—-]+(?:gracias[ ,.!:;–—-]+)?(?:pero )?(?:yo|mi|mis|me|prefiero|nuestr\w*|no me"
    r"|quiero)\b",
    "neutral": r"\b(?:acepto|cuenta|interesa|dirección|otr[ao]|segur[ao]|gracias$|ayuda|código|miembro|ya tengo"
    r"|registrad\w*)\b",
    "access": r"\b(?:contraseñas?|sesión|certificados?|(?:sub)?claves?|token|código de (?:verificación|seguridad"
    r"|acceso)|enlace|invitación|borrador)\b",
}
