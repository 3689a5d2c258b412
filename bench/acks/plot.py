"""Bars as a plain SVG: one panel a figure, in it one group a target and one bar a setting. No library, nothing by hand."""
import math
from xml.sax.saxutils import escape

WIDTH, PANEL, LEFT, RIGHT, TOP, BASE = 900, 230, 60, 20, 46, 30
COLOURS = ("#9e9e9e", "#e69f00", "#56b4e9", "#0072b2", "#003f5c")


class Panel:
    """values[group][bar]: a number, or None where there is none. With `log`, bars stand on a tenth of the least power of ten."""

    def __init__(self, title, groups, bars, values, log=False):
        self.title, self.groups, self.bars, self.values, self.log = title, groups, bars, values, log
        numbers = [value for row in values for value in row if value]
        self.top = max(numbers, default=1)
        self.floor = 10 ** math.floor(math.log10(min(numbers, default=1))) / 10 if log else 0

    def share(self, value):
        """How much of the panel's height a value takes, 0 to 1."""
        if not self.log:
            return value / self.top
        return math.log10(max(value, self.floor) / self.floor) / math.log10(self.top / self.floor)


def text(x, y, words, size=12, anchor="start", weight="normal"):
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" font-weight="{weight}">{escape(words)}</text>'


def number(value):
    return f"{value:.0f}" if value >= 100 or value == int(value) else f"{value:.2g}"


def draw_panel(panel, y, colours):
    height, bottom = PANEL - TOP - BASE, y + PANEL - BASE
    out = [text(LEFT, y + 18, panel.title, 14, weight="bold"), f'<path d="M{LEFT} {bottom}H{WIDTH - RIGHT}" stroke="#444"/>']
    group_width = (WIDTH - LEFT - RIGHT) / len(panel.groups)
    for g, group in enumerate(panel.groups):
        there = [(bar, value) for bar, value in enumerate(panel.values[g]) if value is not None]
        step = group_width * 0.9 / max(len(panel.bars), 1)
        left = LEFT + g * group_width + (group_width - step * len(there)) / 2
        out.append(text(LEFT + (g + 0.5) * group_width, bottom + 18, group, 12, "middle"))
        for place, (bar, value) in enumerate(there):
            tall = max(1.0, panel.share(value) * height) if value else 0
            x = left + place * step
            out.append(f'<rect x="{x:.1f}" y="{bottom - tall:.1f}" width="{step * 0.8:.1f}" height="{tall:.1f}" fill="{colours[bar]}">'
                       f'<title>{escape(f"{group}, {panel.bars[bar]}: {number(value)}")}</title></rect>')
            out.append(text(x + step * 0.4, bottom - tall - 4, number(value), 11, "middle"))
    return out


def draw(title, description, panels, bars):
    height = PANEL * len(panels) + 50
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" aria-labelledby="title desc" font-family="sans-serif">',
           f'<title id="title">{escape(title)}</title>', f'<desc id="desc">{escape(description)}</desc>', f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>']
    width = (WIDTH - LEFT - RIGHT) / len(bars)
    for place, name in enumerate(bars):
        out += [f'<rect x="{LEFT + place * width:.1f}" y="12" width="12" height="12" fill="{COLOURS[place]}"/>', text(LEFT + place * width + 17, 22, name)]
    for place, panel in enumerate(panels):
        out += draw_panel(panel, 40 + place * PANEL, COLOURS)
    return "\n".join([*out, "</svg>"]) + "\n"
