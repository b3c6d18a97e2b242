"""What differs between operating systems: files, locks, leases, memory, processes."""
