"""How a finding is drawn: Vega-Lite charts, and static SVG of them."""
