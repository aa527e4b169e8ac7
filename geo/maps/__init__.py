"""Maps of a layout: in a browser, on paper, and as one file that needs no network."""
