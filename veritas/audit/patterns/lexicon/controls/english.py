"""English."""

from __future__ import annotations

WORDS = {
    # What a clock of an offer has near it, and what another clock has.
    "offer": (
        r"\b(?:sales?|offers?|deals?|discounts?|save|savings?|price|prices|hurry|(?:reserved|held|hold) for|shop"
        r"|checkout"
        r"|cart|basket|promo\w*|coupon|voucher|flash|special|limited|bonus|tickets?|seats?|gift|clearance|in stock"
        r"|last chance|free (?:shipping|delivery|trial)|order (?:now|within|in the)|buy)\b|\d ?% off\b"
    ),
    "other_clock": (
        r"\b(?:log ?-?in|sign(?:ed|ing)?[ -]?(?:in|out)|logged out|passwords?|verif\w+|(?:one[- ]time|security"
        r"|access) code"
        r"|otp|2fa|your session|upload\w*|download\w*|install\w*|transfer\w*|workout|rest|exercise|interval|round"
        r"|exam|quiz"
        r"|questions?|game|kick-?off|lecture|webinar|meeting|lesson|episode|video|song|track|recipe|cook\w*|bake|oven"
        r"|timer|pomodoro|auctions?|bids?|bidding|lot|parking|flight|boarding|depart\w*|idle|recording|resend|retry"
        r"|maintenance|(?:this|your|the) link|invit\w*|export\w*|sync\w*|render\w*|deploy\w*|scan\w*|charging|bus"
        r"|train|tram|break"
        r"|focus|sleep|alarm|stopwatch|laps?|waiting room|queue|check your (?:phone|inbox|e-?mail)|we sent|enter the"
        r" code|race|meditat\w*|backup|battery|reading time)\b"
    ),
    "accept": (
        r"^(?:yes|ok|okay|accept|agree|i (?:agree|accept|want)|allow|continue|subscribe|sign (?:me )?up|join|get"
        r"|claim|add|buy|upgrade|start|save|unlock|activate|keep|protect|send|try|enable|check ?out|confirm|order"
        r"|submit|shop|reveal|count me in|take|reserve|got it)\b"
    ),
    "reject": (
        r"^no(?:[,.!]? (?:thanks?|thank you|not now|way|let|don't|my|i\b|i'\w+).{0,80})?$"
        r"|^(?:nope|nah|not interested)\b|^(?:not (?:now|today|yet|for me)|maybe later|later|remind me later|never"
        r" ?mind"
        r"|i'll pass)$|^skip(?: (?:this|it|for now|offer|step|and .{1,30}))?$"
        r"|^(?:decline|reject|refuse|deny|disagree)\b.{0,40}$|^(?:continue|proceed|checkout|order|go on) without\b"
        r"|^(?:i don'?t|i do not|i'd rather|i'll pay|i hate)\b"
        r"|^(?:use |accept |allow )?(?:only )?(?:strictly )?(?:necessary|essential|required)(?: cookies)?(?: only)?$"
        r"|^opt[- ]out$|^(?:cancel|close|dismiss|leave|go back)(?: (?:this )?(?:window|offer|dialog|message|box))?$"
    ),
    # A dialog that only saves what visitors typed is not an offer.
    "save_work": r"^(?:yes|publish|post|share|reply|move|copy|install|sign|log|export|import|next|finish|save|ok|okay"
    r"|apply|submit|continue|confirm|done|send|update|create|add|delete|upload|rename"
    r"|keep)\b.{0,30}$",
    "cancel_dialog": r"^(?:cancel|close|back|go back|dismiss|discard(?: .{1,20})?|don't save|reset)$",
    "subscription": (
        r"\b(?:subscri(?:be|ption)\w*|auto-?(?:renew|ship|delivery)\w*|membership|recurring|every (?:month"
        r"|\d+ (?:weeks|months))|per month"
        r"|monthly(?! (?:view|report|overview|calendar|digest|chart))|trial(?! run))\b"
    ),
    "extra": (
        r"\b(?:insurance|insure|protect\w*|warranty|guarantee plan|care plan|cover(?:age)?|donat\w+|charity|tip"
        r"|gift ?wrap\w*|priority|express|premium|upgrade|add[- ]?on|carbon|offset|support plan|seat selection"
        r"|assistance|vip)\b"
    ),
    "consent": (
        r"\b(?:newsletters?|marketing|promotion\w*|offers?|e-?mail me|e-?mails|sms|text messages?|partners?"
        r"|third[- ]part\w+|advertis\w+|analytics|statistics|profiling|keep me (?:posted|informed|updated)"
        r"|latest news|updates|news and|personali[sz]ed)\b"
    ),
    # Boxes that may be ticked: what the visitor can see costs nothing and allows no advertising.
    "harmless": (
        r"\b(?:remember (?:me|my)|(?:keep|stay) (?:me )?(?:signed|logged)|same as|billing address"
        r"|shipping address|in stock|sort|filter|show|select all|necessary|essential|strictly|functional|terms"
        r"|conditions|age|i am over|receipts?|notifications?|notify me|alerts?|reminders?|digest|summary|invoices?"
        r"|statements?|login attempts|sign-?ins?|my (?:parcel|order|delivery)|delivery updates|order (?:status"
        r"|updates|confirmation)|security (?:alerts?|updates?)"
        r"|automatic(?:ally)? updates?|software updates?|crash reports?|when (?:someone|somebody|anyone|people|my|i)\b"
        r"|(?:replies|repl(?:y|ied)|answers?|answered|mentions?|comments?|responds?|follows? me|messages? me"
        r"|assigned to me|is due))\b"
        r"|^(?:by |via )?(?:e-?mail|phone|sms|text|post)$"
    ),
    "advertising": r"\b(?:newsletters?|marketing|promotion\w*|(?:special |great |exclusive )?offers?|partners?"
    r"|third[- ]part\w+"
    r"|advertis\w+|deals?|discounts?)\b",
    "no_extra": (
        r"^(?:no\b|none|without|decline|not now|skip|one[- ]time|just once|i don't|no,)|\bone[- ]time\b"
        r"|\bno (?:insurance|protection|thanks|cover)"
    ),
    "added": r"\+|\b(?:add|plus|extra|include|only|also)\b",
    "period": r"\b(?:month|year|week|annual|day)(?:s|ly)?\b|/ ?(?:mo|yr)\b",
    "basket": r"\b(?:cart|basket|bag|order[- _]?summary|your order|checkout[- _]?summary|line[- _]?items?)\b",
    "charged_extra": (
        r"\b(?:insurance|(?:purchase|order|shipping|damage|accident\w*|theft|screen|package|extended|buyer|trip|gear"
        r"|phone"
        r"|delivery|device|total) protection|protection (?:plan|cover|service)|protect(?: plan| plus)?$|(?:extended"
        r" )?warranty"
        r"|donations?|care plan|coverage|tip(?! ?-)|priority (?:processing|handling)|carbon offset)\b"
    ),
    "negation": (
        r"\b(?:not|don't|dont|do not|never|no longer|without|un-?tick|un-?check|de-?select|opt[- ]?out|unless"
        r"|stop|except|refuse|decline)\b"
    ),
    "sign_up": (
        r"\b(?:sign[ -]?up|sign[ -]?in|log[ -]?in|regist\w+|create (?:an |your )?account|subscribe|join|e-?mail"
        r"|member)\b"
    ),
    "dismiss": (
        r"\b(?:close|dismiss|skip|later|guest|continue without|not now|no thanks|back|exit|hide)\b|^[×✕✖xX⨯]$|^$"
    ),
    "cancel": (
        r"\b(?:cancel|end|stop|terminate|delete|close|deactivate|leave|quit)\b.{0,24}\b(?:subscription|membership"
        r"|account|plan|trial|auto-?renew\w*|service|club|renewal)s?\b|\bunsubscribe\b|\bopt[- ]out\b"
        r"|\bcancel (?:here|any ?time|your|my)\b|\bhow to cancel\b"
    ),
    "cookies": r"\bcookies?\b|\btracking\b|\byour (?:privacy|consent)\b|\bpersonal data\b",
    "accept_cookies": (
        r"^(?:yes,? )?(?:ok,? )?(?:i )?(?:accept|agree|allow|consent|enable)\b"
        r"(?!.*\b(?:necessary|essential|selected|selection)\b)"
    ),
    "reject_cookies": (
        r"\b(?:reject|decline|refuse|deny|disagree|disallow|necessary|essential|required only|without accepting"
        r"|opt[- ]?out|no,? thanks|not accept)\b|^no\b"
    ),
    "cookie_settings": (
        r"\b(?:settings|preferences|manage|options|customi[sz]e|more|choices|details|let me choose|configure)\b"
    ),
    "ended": (r"\b(?:ended|expired|is over|are over|closed|finished|no longer|missed|too late|sold out|has passed)\b"),
    # Daily deadlines, such as the time until which a parcel leaves the same day; they may restart at zero.
    "cut_off": (
        r"\b(?:dispatch\w*|deliver\w*|ship\w*|arriv\w*|get it by|same[- ]day|next[- ]day|collect\w*|pick ?up)\b"
    ),
    "per_visitor": r"\b(?:reserved|held|cart|basket|bag|session|hold)\b",
    "gratis": r"\b(?:free|gratis|no charge|included|at no cost)\b",
    # The lines below a basket's items that every shop may have.
    "delivery_or_tax": (
        r"\b(?:shipping|delivery|postage|tax(?:es)?|vat|gst|hst|duty|duties|customs|discount|coupon|voucher|promo\w*"
        r"|gift card"
        r"|credit|rounding|deposit)\b"
    ),
    "sum": r"\b(?:sub-?total|total|sum|amount due|to pay|balance)\b",
    "fee": (
        r"\b(?:fees?|surcharges?)\b|\b(?:service|handling|processing|convenience|booking|admin\w*|facility|order|payment"
        r"|resort|extra|additional) charges?\b|^(?:care (?:&|and) )?(?:service|handling|processing|convenience)$"
    ),
    "pressing_clock": r"\b(?:ends?|ending|expires?|expiring|left|remaining|hurry|closes?|only)\b"
    r"|\bdays?\b.{0,12}\bh(?:ou)?rs?\b.{0,12}\bmin",
    "loss": (
        r"\b(?:die|dies|lose|losing|lost|miss|missing|risk|risks|waste|wasting|suffer\w*|fail\w*|poor|sick|alone"
        r"|lonely|bored|boring|ugly|dumb|stupid|fat|hungry|hate|ignore|care|mind|matters?|worse|bad|badly|stay|remain"
        r"|never|without|rather|prefer|enough|already (?:rich|perfect)|broke|pay|spend|slow|weak|tired|unsafe"
        r"|unprotected"
        r"|guess|chance|luck\w*|happy|fine|love|enjoy|like (?:being|paying|to pay))\b"
    ),
    "first_person": (
        r"^(?:no|nope|nah)\b[ ,.!:;–—-]+(?:thanks?[ ,.!:;–—-]+|thank you[ ,.!:;–—-]+)?(?:but )?(?:let "
        r"|keep )?(?:i|i'\w+|my|me|we|our)\b"
    ),
    "neutral": (
        r"\b(?:agree|accept|consent|account|interested|already (?:have|got|own|use|a )|address|different|sure"
        r"|thanks$|help|code|member|student|business|subscribed|registered|own|read|another|order"
        r"|parcel|package|payment|receipt|page|website|never (?:\w+ed|had|been|got)|(?:is|are|was|were) missing"
        r"|failed|lost)\b"
    ),
    # What ends without being an offer.
    "access": r"\b(?:passwords?|your session|certificates?|(?:api|licen[cs]e|encryption) keys?|tokens?|(?:login"
    r"|verification|security) code|(?:this|your) link|invitations?|drafts?)\b",
}
