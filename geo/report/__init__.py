"""What one takes along: tables and layers as files, each with its provenance."""
