"""Rules of orders: prices, transitions, what a kitchen can make. No I/O."""
