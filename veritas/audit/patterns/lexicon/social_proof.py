"""Social proof: other people look at the product, or buy it."""

from __future__ import annotations

from veritas.audit.patterns.lexicon.rules import Rule, rule
from veritas.audit.patterns.taxonomy import ACTIVITY_MESSAGE

RULES: tuple[Rule, ...] = (
    rule(
        "crowd-count",
        ACTIVITY_MESSAGE,
        0.9,
        "It states how many people look at it, have it in their cart or bought it.",
        r"(?:<count>|\b<many>) (?:other |more |happy |different |recent "
        r"|of our )?<people> (?:<w> ){0,4}?(?:<looked>|<bought>|have|has|want|like|love|wear|in the last"
        r"|in their)\b",
        r"\b<people> (?:<w> ){0,3}?(?:looking at|viewing|watching|eyeing) (?:this|it)\b",
        r"<count> (?:<w> ){0,2}?(?:currently|recently|have|are|just) (?:<w> ){0,3}?(?:<looked>|<bought>|<bag>)\b",
        r"<count>(?: times?| pieces?| items?| units?| pairs?)?(?: have been| were"
        r"|\W{1,3})? ?(?:already )?(?:sold|<bought>|viewed|viewing|watching)\b",
        r"^<count> (?:orders?|views|viewers|watchers|purchases|sales)\b",
        r"\b(?:sold|<bought>|viewed|watched|added|favou?rited|wishlisted|requested)(?: more than| over| by"
        r"| almost| about)? <count> (?:times?|<people>|in the|today|this|pieces|units)\b",
        r"<count> (?:<w> ){0,4}?(?:added|in (?:their|people's|other)) (?:<w> ){0,3}?<bag>\b",
        r"<count> (?:<w> ){0,4}?(?:added|sold|<bought>|viewed) (?:<w> ){0,4}?in (?:the )?(?:last|past)\b",
        r"\bin (?:over |more than )?<count> (?:other )?(?:people's |shoppers' |customers' )?(?:<w> )?<bag>\b"
        r"|\bwe've sold <count>\b",
        r"\b(?:other|many|more) <people> (?:also )?(?:are (?:viewing|looking|watching)|want|have (?:this|it) in)\b",
        r"\bjoin (?:over |more than )?<count> (?:<w> ){0,2}?<people>\b|\btrusted by (?:over |more than )?<count>",
    ),
    rule(
        "somebody-bought",
        ACTIVITY_MESSAGE,
        0.9,
        "It states that another person bought or viewed a product.",
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
)
