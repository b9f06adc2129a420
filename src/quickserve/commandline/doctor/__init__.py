"""`quickserve doctor`: what is wrong, and what to do about it. It changes nothing."""
