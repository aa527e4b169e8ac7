"""Readers and writers: layout folders, administrative units, tables of points."""
