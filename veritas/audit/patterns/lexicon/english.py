"""English."""

from __future__ import annotations

CLASSES = {
    # After a number: the thing that is counted is stock, not time, nor characters as in "500 characters left".
    "goods": r"(?! ?(?:of )?(?:<w> ){0,3}?(?:<span>|time|characters?|chars|words|letters|attempts?|tries|steps?|points"
    r"|credits"
    r"|clicks?|questions?|[kmgt]i?b|[kmg]bps|bytes|megabytes|gigabytes|terabytes|storage|miles|km|calories"
    r"|ingredients|pages?|chapters?"
    r"|lives|tokens|tasks?|files?|messages?|reviews?|requests?|errors?|levels?|moves|guesses|votes|lessons?)\b)",
    # From the start of a text about other people: a review is about its writer.
    "others": r"^(?!.{0,300}\b(?:i|i've|i'd|we've|my|me)\b)",
    "w": r"[^\s!?;|]{1,24}",
    "count": r"(?<![\d.,:$€£])\d(?:[\d.,]{0,8}\d)?(?:k|m)?\+?(?!\.\s|:\d)",
    "many": r"(?:one|two|three|dozens|hundreds|thousands|lots|loads|tons)(?: of)?(?: other)?",
    "num": r"(?:\d[\d.,]{0,9}k?\+?|an?|one|two|three|four|five|six|seven|eight|nine|ten|a dozen|several|a few|few"
    r"|a couple(?: of)?|a handful(?: of)?|limited)",
    "people": r"(?:people|persons?|customers?|shoppers?|users?|visitors?|others?|buyers?|fans|guests?|travell?ers?"
    r"|members?|viewers?|students?|women|men|ladies|babes?|friends|parents|collectors?|folks|clients?)",
    "bought": r"(?:bought|purchased|ordered|booked|claimed|grabbed|snagged|rented|reserved|subscribed|signed up"
    r"|enrolled|checked out|picked up|started buying)",
    "looked": r"(?:view(?:ed|ing|s)?|look(?:ed|ing)?|watch(?:ed|ing)|brows(?:ed|ing)|eyeing|eyeballing|considering"
    r"|check(?:ed|ing) (?:this|it|out)|visit(?:ed|ing)|interested|shopping|active|online|buying|purchasing"
    r"|booking|adding|added)",
    "bag": r"(?:carts?|bags?|baskets?|trolleys?|wish ?-?lists?|favou?rites|watch ?-?lists?)",
    "span": r"(?:secs?|seconds?|mins?|minutes?|hrs?|hours?|days?|weeks?|months?|years?)",
    "offer": r"(?:sale|offer|deal|promo|promotion|discount|price|savings?|coupon|code|event|special|bargain|voucher"
    r"|shipping|delivery|clearance|bonus|gift|pricing)s?",
    "channel": r"(?:call(?:ing)?|phon(?:e|ing)|telephon(?:e|ing)|contact(?:ing)?|e-?mail(?:ing)?|writ(?:e|ing)"
    r"|letter|fax|live chat|speak(?:ing)?|notify(?:ing)?|reach(?:ing)? out)",
    # What people who refuse are made to say of themselves.
    "loss": r"(?:die|dies|lose|losing|miss|missing|risk|waste|wasting|suffer\w*|fail\w*|poor|rich|sick|alone|lonely"
    r"|bored|boring"
    r"|ugly|dumb|stupid|fat|cold|hungry|hate|ignore|care about|don't care|worse|bad|badly"
    r"|stay(?! on (?:this|the))|remain|never"
    r"|without"
    r"|rather|broke"
    r"|pay|overpay|spend more|slow|weak|tired|unsafe|unprotected|guess\w*|chances?|luck|struggl\w*|disappoint\w*"
    r"|regret\w*|chaos|stress\w*"
    r"|clueless|behind)",
    # What people who answer a question report of themselves.
    "report": r"(?:parcel|package|payment|receipt|page|website|never (?:\w+ed|had|been|got)|(?:is|are|was|were) missing"
    r"|failed|did not|didn't|live alone|miss (?:the|my) old)",
    "wish": r"(?:wish|want|like|prefer|care)",
    "signup": r"(?:sign(?:ing)? ?up|register(?:ing)?|creat(?:e|ing) (?:an |your )?account|log(?:ging)? ?in"
    r"|sign(?:ing)? ?in)",
}

FORMS = {
    "stock-count": (
        r"\b(?:only|just|last|final|fewer than|less than|under|hurry|warning)\W{0,4}(?:<w> ){0,2}?<num><goods>[ -]"
        r"(?:<w> ){0,4}?(?:left|remain(?:s|ing)?|available|in stock|to go)\b",
        r"\blast <num> (?:left|items?|pieces?|pairs?|units?|ones?|sizes?|in stock)\b",
        r"(?<!lives: )(?<!moves: )(?<!tries: )(?<!attempts: )<count>(?: ?%)?<goods>(?: ?\(s\))? ?(?:<w> ){0,4}?(?:left"
        r"|remain(?:s|ing)?)\b"
        r"(?!-| (?:side|hand|of|turn|to spend|in your (?:cart|bag|basket)))",
        r"\b(?:left|remaining)(?: in stock)?\)?\s?[:–-]?\s?\(?<count>\)?[.!]?$",
        r"\bonly (?:a )?(?:few|limited|handful|couple)\b<goods>",
        r"\b(?:only|just|fewer than|less than) <count> (?:<w> ){0,3}?(?:in stock|available|in store|at this price)\b",
        r"\bonly <count>(?: <w>)? in stock\b",
    ),
    "low-stock": (
        r"\blow (?:in |on )?(?:stock|inventory|availability|quantit\w+|supply)\b",
        r"\b(?:stock|inventory|quantit\w+|suppl(?:y|ies)|availability)(?: is| are|:)?(?: running| getting"
        r"| very)? (?:low|limited|scarce)\b",
        r"\brunning (?:low|out of stock)\b|\b(?:is|are|it's|they're|stock) running out\b",
        r"\blimited (?:in )?(?:stocks?|quantit\w+|availability|suppl\w+|items?|pieces|spots?|seats?|inventory"
        r"|places|units?|number (?:left|available|of (?:items|pieces|units|places|spots|seats|copies|tickets)))\b",
        r"\b(?:almost|nearly|about to be|about to) (?:all )?(?:gone|sold ?-?out|out of stock|sell ?-?out|run out)\b",
        r"\b(?:few|last|final|remaining|limited) (?:<w> )?(?:left|remaining|remain|items?|pieces?|pairs?"
        r"|units?|ones?|stocks?|sizes|in stock|available)\b",
        r"\b(?:live remaining|remaining) stock\b",
        r"\b(?:it|this|these|they|prices?|deals?|stock|offers?)? ?won'?t last(?: long)?\b",
        r"\b(?:before|until|till) (?:it|they|we|these|this|stock)(?:'s|'re| is| are|s)?(?: all)? (?:gone"
        r"|sold ?-?out|sells? ?-?out|runs? out)\b",
        r"\bsell(?:s|ing)?[ -]?out risk\b|\b(?:likely|going|expected) to sell[ -]?out\b",
        r"\byou just missed it\b|\bsold out\b.{0,30}\bmissed\b",
    ),
    "high-demand": (
        r"\b(?:in|high|strong|great|huge|extreme(?:ly)?|heavy|hot) (?:high |great |hot |popular )?demand\b",
        r"\bsell(?:s|ing)?(?: out)? (?:<w> )?(?:fast|quick(?:ly)?|soon|rapidly)\b",
        r"\b(?:going|goes|booking|filling|disappearing)(?: up| out)? (?:fast|quick(?:ly)?|rapidly)\b",
        r"\bselling like hot ?cakes\b|\bflying (?:off|out)\b|\bdemand is (?:very )?(?:high|strong)\b",
        r"\b(?:so|very|super|extremely) popular\b|\bhot(?:test)? (?:item|seller)\b|\bpopular (?:item|choice"
        r"|style)[!.]",
    ),
    "stock-told": (
        r"^\W{0,3}(?:(?:over|about|we have|status:?|availability:?) )*<count> (?:<w> )?(?:in stock|available)\b",
        r"\bin stock ?[:(–-]{1,2} ?<count>\)?$",
        r"\bwhile (?:stocks?|suppl(?:y|ies)|quantities) lasts?\b",
    ),
    "crowd-count": (
        r"(?:<count>|\b<many>) (?:other |more |happy |different |recent "
        r"|of our )?<people> (?:<w> ){0,4}?(?:<looked>|<bought>|have|has|want|like|love|wear|in the last"
        r"|in their)\b",
        r"\b<people> (?:<w> ){0,3}?(?:looking at|viewing|watching|eyeing) (?:this|it)\b",
        r"<count> (?:<w> ){0,2}?(?:currently|recently|have|are|just) (?:<w> ){0,3}?(?:<looked>|<bought>|<bag>)\b",
        r"<count>(?: times?| pieces?| items?| units?| pairs?)?(?: have been| were"
        r"|\W{1,3})? ?(?:already )?(?:sold|<bought>|viewed|viewing|watching)\b",
        r"^<count> (?:orders?|viewers|watchers|purchases|sales)\b|^<count> views (?:in|today|this|now)\b",
        r"\b(?:sold|<bought>|viewed|watched|added|favou?rited|wishlisted|requested)(?: more than| over| by"
        r"| almost| about)? <count> (?:times?|<people>|in the|today|this|pieces|units)\b",
        r"<count> (?:<w> ){0,4}?(?:added|in (?:their|people's|other)) (?:<w> ){0,3}?<bag>\b",
        r"<count> (?:<w> ){0,4}?(?:added|sold|<bought>|viewed) (?:<w> ){0,4}?in (?:the )?(?:last|past)\b",
        r"\bin (?:over |more than )?<count> (?:other )?(?:people's |shoppers' |customers' )?(?:<w> )?<bag>\b"
        r"|\bwe've sold <count>\b",
        r"\b(?:other|many|more) <people> (?:also )?(?:are (?:viewing|looking|watching)|want|have (?:this|it) in)\b",
        r"\bjoin (?:over |more than )?<count> (?:<w> ){0,2}?<people>\b|\btrusted by (?:over |more than )?<count>",
    ),
    "somebody-bought": (
        r"^(?:<w> ){0,4}?(?:in|from|at|near) (?:<w> ){1,7}?(?:has |have |recently "
        r"|just )*(?<!are )(?<!is )(?<!be )(?<!was )(?<!were )(?<!been )(?<!and )(?:<bought>|viewed|joined"
        r"|added|saved)\b",
        r"\b(?:someone|somebody|another <w>|an? (?:customer|shopper|buyer|visitor|guest"
        r"|member)) (?:<w> ){0,8}?(?:<bought>|viewed|added|saved)\b",
        r"\b(?:viewed|<bought>|added) (?:<w> ){0,6}?by (?:someone|somebody|an? <people>)\b",
        r"\b(?:most recent|latest) (?:<people>|buyers?)\b|\brecent (?:customers|buyers)\b",
        r"<others>.{0,120}\b(?:<bought>|viewed|sold)\b.{0,120}\b(?:<num> ?<span> ago|just now)\b",
        r"\blast (?:<bought>|sold|viewed)\b|\brecently <bought> (?:by|in|from)\b",
        r"<others>(?:<w> ){0,6}?(?:just|recently) (?:<bought>|viewed|sold)\b",
    ),
    "countdown": (
        r"(?<!\d)(?<!\d[ t-])\d{1,3} ?: ?\d\d ?: ?\d\d(?!\d)",
        r"(?<![\d.])(?:\d ?){1,6}(?:d|days?) ?\W{0,2}(?:\d ?){1,6}\W{0,2}(?:h|hrs?|hours?)(?![a-z])",
        r"(?<![\d.])(?:\d ?){1,6}(?:h|hrs?|hours?) ?\W{0,2}(?:\d ?){1,6}\W{0,2}(?:m|mins?"
        r"|minutes?)(?![a-z])\W{0,3}\d",
        r"(?<![\d.])(?:\d ?){1,6}(?:m|mins?|minutes?) ?\W{0,2}(?:\d ?){1,6}\W{0,2}(?:s|secs?|seconds?)(?![a-z])",
        r"\b(?:ends?|ending|expires?|left|hurry|closes?)\b.{0,30}\d ?(?:h|hrs?|hours?) ?\W{0,2}\d{1,2} ?(?:m"
        r"|mins?|minutes?)\b",
        r"\b(?:days?|d) ?\W? ?(?:hours?|hrs?|h) ?\W? ?(?:minutes?|mins?|m)\b",
        r"(?<!\d)\d[\d ]{0,6} ?: ?\d[\d ]{0,6} ?: ?\d[\d ]{0,6} ?:",
        r"\b(?:reserved|held|prioriti[sz]ed|guaranteed|saved) (?:<w> ){0,4}?for (?:(?:another |the next "
        r"|only )?\d+ ?(?::|m\b|mins?|minutes?|hrs?\b|hours?\b|secs?|seconds?)|days ?/)",
        r"\b(?:cart|order|items?|basket|bag|tickets?|seats?|spot) (?:<w> ){0,4}?(?:reserved|held"
        r"|prioriti[sz]ed|guaranteed) (?:<w> ){0,4}?for$",
        r"\b(?:(?:ends?|ending|expires?|expiring) in|left|hurry|reserved|held|remaining|within"
        r"|in the next)\b\W{0,3}(?:<w> ){0,3}?\d{1,2} ?: ?\d\d\b(?! ?[ap]m)",
        r"^(?!.{0,200}\b(?:return|refund|cancel|exchange|contact))(?:.{0,200}\b)?(?:order|buy|checkout"
        r"|check out|purchase|book|shop) (?:<w> ){0,3}?(?:within|in the next) (?:the next )?(?:\d ?){1,4}(?::"
        r"|h|m\b|mins?|secs?|s\b)",
    ),
    "limited-time": (
        r"\blimited[- ]?time\b|\btime[- ]limited\b|\blimited (?:<w> )?(?:offer|deal|sale|discount|promotion"
        r"|special)s?\b",
        r"\bfor (?:a )?(?:very )?(?:short|limited) (?:time|period)\b",
        r"\b(?:<offer>|hurry)\b.{0,30}\b(?:ends?|ending|expires?|expiring|closes?|closing|over|gone) (?:soon"
        r"|in\b(?! (?:january|february|march|april|may|june|july|august|september|october|november|december"
        r"|20\d\d))|today|tonight|tomorrow|at midnight|once|shortly)",
        r"\b(?:ends?|ending|expires?|expiring|closing) (?:very )?(?:soon|tonight|shortly|at midnight|today"
        r"|tomorrow)\b",
        r"\b(?:flash|lightning|(?:24|36|48|72)[ -]?(?:hour|hr)|(?:one|1)[ -]day) (?:sales?|deals?|offers?)\b|\bdoor"
        r" ?busters?\b|\bdeals? of the (?:day|hour)\b",
        r"\b(?:today|one day|1 day|this weekend|24 hours?|48 hours?|tonight|this week) only\b",
        r"\bonly (?:today|this weekend|until midnight|for today|24 hours)\b",
        r"\blast (?:chance|call|few days|few hours|day(?! of)|hours)\b|\bfinal (?:hours|day|days|call|chance"
        r"|countdown)\b",
        r"\bact (?:now|fast|quick)|\b(?:order|buy|shop|book) (?:now|today|soon|fast) (?:before|while)\b|\border now!",
        r"\bhurry\b|\bquick!|\bdon't (?:wait|delay|snooze)\b|\bwhile you (?:still )?can\b",
        r"\bdon't miss (?:out|this|it|your chance)\b|\bbefore (?:it's|its|it is) (?:too late|over)\b",
        r"\b(?:time is|time's) running out\b|\btime (?:left|remaining)(?:[!:.]| \d|$)|(?<!\d of )\b(?:hours?|days?"
        r"|minutes?) left\b(?! (?:<w> ){0,3}?(?:trial|subscription|battery|read\w*|repl\w*|respond|meeting|lesson"
        r"|course|exam|video|charg\w*|storage|plan))|\blast[- ]minute deal",
        r"\b(?:prices?|cost) (?:will )?(?:increase|goes? up|rise|going up)s?\b.{0,20}\b(?:in|at|soon|tonight"
        r"|tomorrow|midnight)\b",
        r"\b(?:offer|discount|deal|coupon|bonus) (?:is |are )?(?:pending|expiring|about to expire)\b",
        r"\bget (?:yours|it) (?:now|today|before)\b|\bwon't be (?:around|here) (?:for )?long\b",
    ),
    "shaming-decline": (
        r"^(?:no|nope|nah|not now|maybe later)\b[^a-z]{1,4}(?:thanks?|thank you|thx)?[^a-z]{0,4}(?:but )?(?:leave "
        r"|let |keep )?"
        r"(?:i|i'\w+|my|me|we|our)\b(?!.{0,60}\b(?:agree|consent|accept|account|address|already|interested|sure"
        r"|code|<report>)\b)"
        r".{0,60}\b<loss>\b",
        r"\bi (?:don't|do not) want (?:an? |my |the |your )?\d+ ?%",
        r"^(?:no|nope|nah|not today)\b[ ,.!:;-]*(?:thanks?|thank you|thx)?[ ,.!:;–—-]*.{0,40}\b(?:free"
        r"|full[- ]price|sav(?:e|es|ing|ings)|discounts?|deals?|offers?|money|perks|rewards|prizes?|luck"
        r"|lucky|bargains?|risk|miss)\b",
        r"\b(?:i|i'd|i'll|rather|prefer|like|want|love|just|no thanks|and|to)\b.{0,20}\bpay(?:ing)? (?:the "
        r"|for |a )*(?:full[- ]price|full|more|extra|retail|shipping)\b",
        r"\b(?:like|prefer|love|want) (?:the )?full[- ]price\b",
        r"\bi(?:'d| would)? rather (?:not |pay|miss|be |stay|spend|let|kick|keep|lose|do without)",
        r"\bi (?:don't|dont|do not|hate|dislike) (?:really )?(?:like|want|need|care about|feel|enjoy|love"
        r"|mind)?\s?(?:to |a |an |any |the |my |your |such )*(?:sav(?:e|ing|ings)|discounts?|deals?|free"
        r"|luck\w*|win\w*|good|great|better|gifts?|fun|money|offers?|promotions?|perks|look|rewards?|cash"
        r"|bargains?|coupons?|exclusive|missing|party|style)\b",
        r"\bi(?:'ll| will) (?:just |still |gladly |rather |happily )*(?:risk|pass on|miss|let this|let these"
        r"|take my chances|take the risk)\b",
        r"\b(?:close|continue|proceed|checkout|order|decline)\b.{0,20}\b(?:without|and lose"
        r"|and miss)\b.{0,20}\b(?:discount|savings?|deal|offer|gift)\b",
        r"\b(?:skip|lose|forfeit|give up|waive|refuse|reject|decline) (?:my|the|this"
        r"|your) (?:<w> )?(?:discount|gift|savings?|deal|coupon|reward|prize)s?\b",
        r"\bi(?:'m| am) (?:ok|okay|fine|good|happy|cool) (?:with )?(?:paying|missing|losing|spending|being)\b"
        r"|\b(?:let me|i'd like to|i like to) (?:over)?pay\b",
        r"\b(?:not|isn't|isnt|aren't) (?:interested in|for me|into)\b.{0,20}(?:sav(?:e|ing|ings)|discounts?"
        r"|free|deals?)|\bfree stuff isn't for me\b",
    ),
    "first-person-decline": (
        r"^(?:no|nope|nah|not today|not now)\b[ ,.!:;-]*(?:thanks?|thank you|thx"
        r"|way)?[ ,.!:;–—-]*\(?(?:but )?i(?:'d|'ll|'m| would| will| am| hate| love| like| prefer| enjoy"
        r"| don't| dont| do not| already| rather| want|'ve| definitely| really| can't| have)\b(?! (?:agree"
        r"|consent|accept|have an? (?:account|code|coupon)|log|sign|not agree))",
        r"^i (?:already have (?:this|it|one|enough|too)|like paying|prefer paying|hate)\b"
        r"|^(?:i'm not interested|not interested)\b",
        r"\byes,? (?:please,? )?i(?:'d)? (?:want|love|like|would)\b.{0,40}\bno,? thanks?\b",
    ),
    "opt-out-question": (
        r"\b(?:un-?tick|un-?check|de-?select)(?:ing)?\b.{0,40}\b(?:box|if|here|below|this|to)\b",
        r"\b(?:tick|check|click|select|mark)\b.{0,40}\bif you (?:(?:do not|don't|would not|no longer) <wish>"
        r"|(?:would )?(?:prefer|rather|like) not)",
        r"\bif you (?:(?:do not|don't|would not) <wish>|(?:would |'d )?(?:prefer|rather"
        r"|like) not)\b.{0,160}\b(?:tick|check|un-?tick|un-?check)\b",
        r"\b(?:do not|don't|dont) (?:wish|want|like) (?:us )?to (?:receive|hear|get|be (?:contacted|sent"
        r"|added|subscribed)|send|share)\b",
        r"\b(?:prefer|rather|wish|choose|like) not to (?:receive|hear|be|get|share)\b",
        r"\b(?:please )?(?:do not|don't) (?:send me|e-?mail me|contact me|un-?subscribe|sign me)\b",
    ),
    "protect-it": (
        r"\bprotect (?:your|my|the|this) (?:<w> )?(?:gear|purchase|order|sofa|device|phone|investment|product"
        r"|item|package|shipment|trip|booking|furniture|tech|shipping|mattress|laptop|tablet|watch"
        r"|jewell?e?ry|tickets?|bike|car|home)\b",
        r"\badd (?:<w> ){0,4}?(?:protection|warranty|insurance|coverage|care plan|applecare\+?)\b",
        r"\b(?:accident\w*|damage) (?:<w> )?(?:coverage|protection|cover)\b|\bprotection plan\b",
    ),
    "more-to-buy": (
        r"\bcustomers?\b.{0,40}\balso (?:bought|shopped|viewed|purchased|like[ds]?|love[ds]?|ordered"
        r"|add(?:ed)?|consider(?:ed)?)\b",
        r"\b(?:frequently|often|commonly) (?:bought|purchased) (?:together|with)\b|\bpeople also (?:bought|buy)\b",
        r"\bhow about (?:one of )?(?:these|this|adding)\b|\bdon't forget (?:the|to add|these)\b",
        r"\bwhy not (?:add|upgrade|treat)\b|\b(?:upgrade|add)\b.{0,30}\b(?:for (?:just|only)|and save"
        r"|to your order)\b",
        r"\bgrab (?:yourself )?an? (?:bargain|deal)\b|\b(?:checkout|order) bonus\b|\byou(?:'ve"
        r"| have)? (?:qualify|qualified|unlocked)\b",
        r"\bmissing out\b|\bsubscribe (?:&|and|\+|n) save\b|\byou might (?:also )?need\b|\bwait[!,]+ (?:don't"
        r"|before)\b",
        r"\b(?:order|continue|buy|checkout) without (?:<w> ){0,3}?(?:membership|protection|insurance|coverage"
        r"|saving)\b",
    ),
    "cancel-subscription-by-contact": (
        r"^(?=.{0,3500}\b(?:subscri\w+|member\w*|recurring|auto\w*|trial|club|vip|billing|autoship|smartship"
        r"|plan)\b)(?:.{0,3500}\b)?(?:cancel\w*|unsubscribe|terminate|end your)\b.{0,200}\b(?:by|us|via|must"
        r"|should|can|please|need to|have to|to|at) (?:<w> ){0,6}?<channel>\b",
        r"^(?=.{0,3500}\b(?:subscri\w+|member\w*|recurring|auto\w*|trial|club|vip|billing"
        r"|plan)\b)(?:.{0,3500}\b)?cancel\w*\b.{0,160}(?:\b1?[-. (]{0,2}8\d\d[-.) ]{1,2}\w{3}[-. ]?\w{4}"
        r"|@[a-z0-9-]{2,30}\.[a-z]{2,})",
        r"\b(?:pause|skip|change|cancel),? (?:or )?(?:cancel|pause|change|skip)\b.{0,200}\b(?:e-?mail|call"
        r"|contact)\b",
    ),
    "cancel-by-contact": (
        r"\b(?:cancel\w*|unsubscribe|terminate)\b.{0,120}\b(?:by|must|should|please|need to"
        r"|have to) (?:<w> ){0,3}?<channel>\b",
        r"\b(?:e-?mail|call|contact|phone|write to)\b.{0,60}\b(?:to|and) (?:<w> ){0,3}?(?:cancel|unsubscribe"
        r"|terminate)",
    ),
    "consent-bundled": (
        r"\b(?:agree|accept|consent)\b.{0,140}\b(?:terms|conditions|program\w*"
        r"|policy)\b.{0,140}\b(?:receiv\w+|be sent|subscri\w+|opt(?:ing)?[- ]in)\b.{0,60}\b(?:offers?"
        r"|promotion\w*|e-?mails?|marketing|newsletters?|updates|communications?)\b",
        r"\bby (?:<signup>|purchasing|ordering|placing|checking out"
        r"|continuing)\b.{0,60}\byou (?:<w> ){0,2}?(?:agree|consent) to (?:receive|be sent|get)\b",
    ),
    "account-demanded": (
        r"\b(?:<signup>|enter your e-?mail|join) to (?:continue|view|see|access|unlock|read|proceed|shop"
        r"|checkout|reveal)\b",
        r"\byou (?:must|need to|have to) (?:first )?(?:be (?:logged|signed) in|<signup>)\b",
    ),
    "extra-added": (
        r"\b(?:insurance|protection|warranty|donation|care plan)(?: plan)? (?:has been |is |was |already )?added\b",
        r"\bremove (?:<w> ){0,2}?(?:insurance|protection|warranty|donation)\b",
        r"\bwe(?:'ve| have) (?:automatically |already )?added\b|\bautomatically added\b"
        r"|\balready added to your (?:cart|bag|basket|order)\b",
    ),
    "fee-at-the-end": (
        r"\b(?:care (?:&|and) handling|handling fee|service fee|convenience fee|processing fee|booking fee"
        r"|admin\w* fee|resort fee|service charge|handling)s? ?:? ?[$€£]\d",
        r"\b(?:exit|early exit|activation) fees? (?:of|applies|apply|may)\b",
    ),
    "recurring-charge": (
        r"\b(?:automatically|auto)[- ]?renew\w*\b|\brenews? automatically\b|\brecurring (?:billing|charge"
        r"|payment|subscription)\b",
        r"\bfree trial\b.{0,120}\b(?:then|unless|until you cancel|charged|billed)\b",
        r"\b(?:will be|are|be) (?:automatically )?(?:charged|billed|enrolled)\b.{0,60}\b(?:month|monthly|year"
        r"|annual\w*|every|each)\b",
        r"\b(?:then|thereafter|after (?:that|\d+ days|the trial|your trial)),? (?:only |just )?[$€£]\d[\d.,]{0,9}"
        r" ?(?:/|per|an?|each"
        r"|every) ?(?:mo|month|week|yr|year)\b|\bbilled (?:monthly|annually|yearly|weekly|every)\b",
        r"\b(?:trial|membership|subscription|plan)\b.{0,60}\b(?:converts?|continues?|rolls? over|renews?)\b",
        r"\b(?:unless|until) (?:you )?cancel\w*\b|\bbe enrolled in\b.{0,80}[$€£]\d",
        r"\bjoin (?:today )?for (?:just|only) [$€£]\d.{0,20}\b(?:first|trial)\b",
    ),
}
