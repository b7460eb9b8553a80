"""The demo: a bilingual replay on a real Kafka, and a board to watch it on."""
