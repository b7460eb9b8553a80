"""Tests of routing: mood, rules, escalations, decisions."""
