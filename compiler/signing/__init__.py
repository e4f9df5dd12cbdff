"""Who stands behind a package: signatures in it, and whose of them count.

A signature is an attestation in the package: an envelope (`dsse`) around a statement (`statement`)
of what the package is, signed with an Ed25519 key (`keys`), as such (`ed25519`) or by OpenSSH
(`sshsig`, `ssh_keygen`). `sign` adds one; `verify` judges them all, by the rules of a trust file
(`trust`). Only the standard library is imported; what a signature needs besides is said when it is
missing, and never taken for a signature that is wrong, nor for none.
"""
