"""Explains the grades of a diamond in a few words each."""

from diamonds.diamond import GRADES

MEANINGS: dict[str, dict[str, str]] = {
    "cut": {
        "Fair": "lets much of the light escape through the sides and bottom",
        "Good": "returns most light, at a lower price than the better cuts",
        "Very Good": "returns nearly as much light as the best",
        "Premium": "returns nearly all light",
        "Ideal": "returns all the light that a round stone can",
    },
    "color": {
        "J": "a faint warm tint, seen by the eye in larger stones",
        "I": "a slight warm tint, seen beside a whiter stone",
        "H": "near colorless; a tint shows only beside better stones",
        "G": "near colorless, the most bought grade",
        "F": "colorless but to an expert comparing stones",
        "E": "colorless, with a trace that only an expert finds",
        "D": "entirely colorless, the rarest grade",
    },
    "clarity": {
        "I1": "inclusions that the bare eye sees",
        "SI2": "inclusions easy to see at ten times magnification",
        "SI1": "inclusions to be seen at ten times magnification",
        "VS2": "small inclusions, somewhat easy to see at ten times",
        "VS1": "small inclusions, difficult to see at ten times",
        "VVS2": "minute inclusions, very difficult to see at ten times",
        "VVS1": "minute inclusions, nearly impossible to see at ten times",
        "IF": "no inclusions at ten times magnification",
    },
}
"""By column and grade, each from the worst to the best."""


def explain_grades(column: str) -> str:
    """The grades of a column from the worst to the best with their meanings, as Markdown."""
    lines = [f"- **{grade}**: {MEANINGS[column][grade]}" for grade in GRADES[column]]
    return "\n".join(["From the lowest to the highest grade:", "", *lines])
