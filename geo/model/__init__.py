"""The layout as objects: zones, corridors, belts, nodes, links and claims."""
