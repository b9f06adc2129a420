"""What Azure would be: Entra, an Event Grid custom topic, a namespace, as Microsoft documents them.

Times are shortened, faults are made on demand. `test_eventgrid_server.py` lets Microsoft's own
client judge it.
"""
