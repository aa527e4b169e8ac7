"""Networks: lines that lead somewhere, and what it costs to follow them."""
