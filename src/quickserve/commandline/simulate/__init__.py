"""`quickserve simulate`: a venue full of people, cooks and runners, against the real services."""
