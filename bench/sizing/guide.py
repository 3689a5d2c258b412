"""Puts figures between the markers of a document: `<!-- figures: NAME -->` and `<!-- /figures -->`, each on a line of its own."""
import re

BLOCK = re.compile(r"(<!-- figures: ([a-z-]+) -->\n).*?(<!-- /figures -->)", re.S)


def filled(text, blocks):
    """The document with new figures. An error where a marker and the blocks do not agree: a figure that nobody renews would stay for ever."""
    named = [match.group(2) for match in BLOCK.finditer(text)]
    if sorted(named) != sorted(blocks):
        raise ValueError(f"the document has markers for {sorted(named)}, the figures are {sorted(blocks)}")
    return BLOCK.sub(lambda match: match.group(1) + "\n" + blocks[match.group(2)].strip() + "\n\n" + match.group(3), text)
