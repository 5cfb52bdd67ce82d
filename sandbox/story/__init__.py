"""The demo's story: three programs in two tools, and what their people do.

``seed`` fills the stand-ins, ``scenarios`` lists what happens, ``player`` does it over HTTP and reads the
outcome from the tools.
"""
