"""The engine: footprints are compiled once, points stream through, tallies add up."""
