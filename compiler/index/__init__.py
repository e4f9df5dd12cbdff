"""A registry without a server: a folder of packages, and an `index.json` that lists them.

`listing` is the index as data, `gather` makes it of a folder, `page`, `simple` and `place` write
what stands beside it. `look_up` finds what a name means, `source` and `web` read an index and its
files from a folder or over HTTP, `store` keeps what was fetched under its sha256; `fetch` puts
these together. Whoever fetches needs only the standard library.
"""
