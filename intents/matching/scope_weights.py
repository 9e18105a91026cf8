"""What the logistic regression of scope.py weighs, as thresholds.yaml holds it; apart from it, because reading thresholds needs no numpy."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ScopeWeights:
    """The weights of the logistic regression, set by `youshu eval --fit`."""

    bias: float
    none_margin: float
    """Of the margin of the class learned from `out_of_scope`."""
    best_margin: float
    """Of the best intent's margin."""
    mean_margin: float
    """Of the mean of the intents' margins, the greater ones counting more."""
    known_share: float
    """Of the share of the message that the FAQ's questions know, 0 to 1."""
    length: float
    """Of the logarithm of the message's length in characters."""
    length_squared: float
    """Of its square."""
