"""The lock: everything that an agent executes and that is not in its own folder, pinned.

`lockfile` is its bytes, `declared` what a cartridge says of what it executes, `launchers` what a
command line of a server starts. `making` makes a lock, with the installer's own resolver
(`resolving`) and npm (`registry`). `comparing` holds a lock against the cartridge, `environment`
against what is installed here, `holding` is what `looplet run --locked` asks for.

Reading, comparing and holding need only the standard library, `making` the extra `compiler`.
"""
