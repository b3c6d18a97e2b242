"""Object stores, and commits on them.

`store` is the protocol; `bucket` (S3, Google, Azure) and `folder` implement it, `urls` opens one.
`generations` commits by creating numbered objects, which works wherever a second create of the same
key fails.
"""
