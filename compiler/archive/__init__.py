"""Cartridges as one file: a reproducible zip or wheel, and back, without looking inside the files.

A `package` is what such a file holds. `zip_writer` is the one place where a member gets its bytes,
and `zip_reader` takes nothing that `zip_writer` would not have written; `zip_faults` says why not.
`record` lists what is in it, `identity` has the digests, `contents` holds all of it against each
other, `carried` has the preset. `opening` takes a file or an installed folder, `unpacking` makes a
folder of it. To open one, only the standard library is needed, so that a package runs where the
compiler's own dependencies are not.
"""
