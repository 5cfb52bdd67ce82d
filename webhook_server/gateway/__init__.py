"""The gateway between the web server's event loop and the WSGI application.

Bodies are read here, within a deadline and with a least rate, before a thread is taken for the request: a slow sender
costs a connection and some memory, and no thread.
"""
