"""What dark patterns are called in the literature.

Names are those of two taxonomies:

* Mathur et al. 2019, "Dark Patterns at Scale" (CSCW, doi:10.1145/3359183): 15 types in 7 categories, as
  `<category>: <type>`.
* Gray, Santos, Bielova, Mildner 2024, "An Ontology of Dark Patterns Knowledge" (CHI, doi:10.1145/3613904.3642436):
  three levels, as `<high>: <meso>: <low>`; where the ontology has no low-level name, it ends at the meso level.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Type:
    """One kind of dark pattern under both its names.

    Attributes:
        category: Mathur's category.
        name: Mathur's type; empty where Mathur has the category but no such type.
        gray: The path in Gray's ontology.
    """

    category: str
    name: str
    gray: str

    @property
    def mathur(self) -> str:
        """Mathur's name in full."""
        return f"{self.category}: {self.name}" if self.name else self.category

    def names(self) -> dict[str, str]:
        """Return both names as a finding keeps them."""
        return {"mathur2019": self.mathur, "gray2024": self.gray}


SNEAK_INTO_BASKET = Type("Sneaking", "Sneak into Basket", "Sneaking: Hiding Information: Sneak into Basket")
HIDDEN_COSTS = Type(
    "Sneaking", "Hidden Costs", "Sneaking: Hiding Information: Drip Pricing, Hidden Costs, or Partitioned Pricing"
)
HIDDEN_SUBSCRIPTION = Type("Sneaking", "Hidden Subscription", "Forced Action: Forced Continuity")
COUNTDOWN_TIMER = Type("Urgency", "Countdown Timer", "Social Engineering: Urgency: Countdown Timer")
LIMITED_TIME = Type("Urgency", "Limited-time Message", "Social Engineering: Urgency: Limited Time Message")
CONFIRMSHAMING = Type("Misdirection", "Confirmshaming", "Social Engineering: Shaming: Confirmshaming")
VISUAL_INTERFERENCE = Type(
    "Misdirection",
    "Visual Interference",
    "Interface Interference: Manipulating Choice Architecture: False Hierarchy",
)
TRICK_QUESTIONS = Type("Misdirection", "Trick Questions", "Interface Interference: Trick Questions")
PRESSURED_SELLING = Type(
    "Misdirection",
    "Pressured Selling",
    "Interface Interference: Manipulating Choice Architecture: Pressured Selling",
)
ACTIVITY_MESSAGE = Type("Social Proof", "Activity Message", "Social Engineering: Urgency: Activity Messages")
TESTIMONIALS = Type(
    "Social Proof",
    "Testimonials of Uncertain Origin",
    "Social Engineering: Social Proof: Endorsements and Testimonials",
)
LOW_STOCK = Type("Scarcity", "Low-stock Message", "Social Engineering: Social Proof: Low Stock")
HIGH_DEMAND = Type("Scarcity", "High-demand Message", "Social Engineering: Scarcity and Popularity Claims: High Demand")
HARD_TO_CANCEL = Type("Obstruction", "Hard to Cancel", "Obstruction: Roach Motel")
FORCED_ENROLLMENT = Type("Forced Action", "Forced Enrollment", "Forced Action: Forced Registration")

# The fifteen types of Mathur et al., in their order.
MATHUR = (
    SNEAK_INTO_BASKET,
    HIDDEN_COSTS,
    HIDDEN_SUBSCRIPTION,
    COUNTDOWN_TIMER,
    LIMITED_TIME,
    CONFIRMSHAMING,
    VISUAL_INTERFERENCE,
    TRICK_QUESTIONS,
    PRESSURED_SELLING,
    ACTIVITY_MESSAGE,
    TESTIMONIALS,
    LOW_STOCK,
    HIGH_DEMAND,
    HARD_TO_CANCEL,
    FORCED_ENROLLMENT,
)

# What Gray names apart and Mathur has no type of its own for.
BAD_DEFAULT_EXTRA = Type("Sneaking", "Sneak into Basket", "Interface Interference: Bad Defaults")
BAD_DEFAULT_SUBSCRIPTION = Type("Sneaking", "Hidden Subscription", "Interface Interference: Bad Defaults")
BAD_DEFAULT_CONSENT = Type("Sneaking", "", "Interface Interference: Bad Defaults")
HIDDEN_WAY_OUT = Type("Obstruction", "Hard to Cancel", "Interface Interference: Hidden Information")
ADDED_STEPS = Type("Misdirection", "Visual Interference", "Obstruction: Adding Steps")
