"""Server-rendered pages for every role. No business rules, no tables: it talks to contracts."""
