"""Exchanged parts whose true result is known."""
