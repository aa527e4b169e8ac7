"""The map application: it shows what ``geo`` computes."""
