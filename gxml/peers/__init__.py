"""Other programs that read tables, each run in an environment of its own by `host.py`; see `gxml.benchmark`.

None of these modules imports gxml, and gxml imports none of them: what they need is not installed beside it.
"""
