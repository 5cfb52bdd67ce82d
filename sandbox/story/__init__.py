"""The demo's story: three programs in two tools, and what their people do.

``seed`` fills the stand-ins, ``acts`` says what happens, ``player`` makes it happen over HTTP and reads the
outcome back from the tools.
"""
