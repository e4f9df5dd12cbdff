"""Cartridges as one file: a reproducible zip or wheel, and back, without looking inside the files.

A `package` is what such a file holds. `zip_writer` is the one place where a member gets its bytes,
and `zip_reader` takes nothing that `zip_writer` would not have written. `record` lists what is in
it, `identity` has the digests, `ir` the preset it carries. Only the standard library is needed, so
that a package runs where the compiler's own dependencies are not.
"""
