"""The names of dark patterns in the literature.

They are from two taxonomies:

* Mathur et al. 2019, "Dark Patterns at Scale" (CSCW, doi:10.1145/3359183): 15 types in 7 categories, as
  `<category>: <type>`.
* Gray, Santos, Bielova, Mildner 2024, "An Ontology of Dark Patterns Knowledge" (CHI, doi:10.1145/3613904.3642436):
  three levels, as `<high>: <meso>: <low>`; without the last if the ontology has no low-level name.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PatternType:
    """A type of dark pattern, with its names in both taxonomies.

    Attributes:
        category: Mathur's category.
        name: Mathur's type; empty if Mathur has the category but no such type.
        gray: The path in Gray's ontology.
    """

    category: str
    name: str
    gray: str

    @property
    def mathur(self) -> str:
        """Mathur's category and type."""
        return f"{self.category}: {self.name}" if self.name else self.category

    def names(self) -> dict[str, str]:
        """Return both names as the JSON object of a finding."""
        return {"mathur2019": self.mathur, "gray2024": self.gray}


SNEAK_INTO_BASKET = PatternType("Sneaking", "Sneak into Basket", "Sneaking: Hiding Information: Sneak into Basket")
HIDDEN_COSTS = PatternType(
    "Sneaking", "Hidden Costs", "Sneaking: Hiding Information: Drip Pricing, Hidden Costs, or Partitioned Pricing"
)
HIDDEN_SUBSCRIPTION = PatternType("Sneaking", "Hidden Subscription", "Forced Action: Forced Continuity")
COUNTDOWN_TIMER = PatternType("Urgency", "Countdown Timer", "Social Engineering: Urgency: Countdown Timer")
LIMITED_TIME = PatternType("Urgency", "Limited-time Message", "Social Engineering: Urgency: Limited Time Message")
CONFIRMSHAMING = PatternType("Misdirection", "Confirmshaming", "Social Engineering: Shaming: Confirmshaming")
VISUAL_INTERFERENCE = PatternType(
    "Misdirection",
    "Visual Interference",
    "Interface Interference: Manipulating Choice Architecture: False Hierarchy",
)
TRICK_QUESTIONS = PatternType("Misdirection", "Trick Questions", "Interface Interference: Trick Questions")
PRESSURED_SELLING = PatternType(
    "Misdirection",
    "Pressured Selling",
    "Interface Interference: Manipulating Choice Architecture: Pressured Selling",
)
ACTIVITY_MESSAGE = PatternType("Social Proof", "Activity Message", "Social Engineering: Urgency: Activity Messages")
TESTIMONIALS = PatternType(
    "Social Proof",
    "Testimonials of Uncertain Origin",
    "Social Engineering: Social Proof: Endorsements and Testimonials",
)
LOW_STOCK = PatternType("Scarcity", "Low-stock Message", "Social Engineering: Social Proof: Low Stock")
HIGH_DEMAND = PatternType(
    "Scarcity", "High-demand Message", "Social Engineering: Scarcity and Popularity Claims: High Demand"
)
HARD_TO_CANCEL = PatternType("Obstruction", "Hard to Cancel", "Obstruction: Roach Motel")
FORCED_ENROLLMENT = PatternType("Forced Action", "Forced Enrollment", "Forced Action: Forced Registration")

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

# A number that a page makes up, in a language in which it is not known what it counts.
MADE_UP_NUMBER = PatternType("Scarcity", "", "Social Engineering: Social Proof")

# Types that Gray distinguishes and Mathur does not.
BAD_DEFAULT_EXTRA = PatternType("Sneaking", "Sneak into Basket", "Interface Interference: Bad Defaults")
BAD_DEFAULT_SUBSCRIPTION = PatternType("Sneaking", "Hidden Subscription", "Interface Interference: Bad Defaults")
BAD_DEFAULT_CONSENT = PatternType("Sneaking", "", "Interface Interference: Bad Defaults")
HIDDEN_CANCELLATION = PatternType("Obstruction", "Hard to Cancel", "Interface Interference: Hidden Information")
ADDED_STEPS = PatternType("Misdirection", "Visual Interference", "Obstruction: Adding Steps")
