"""Everything that differs between operating systems; nothing else imports `fcntl` or `resource`.

`files` makes bytes and names durable and maps files, `locks` keeps writers apart, `leases` keeps a
mapped file from being cut short, `memory` reads what a process holds, `framing` starts workers and
talks to them. Linux has all of it.

macOS needs: nothing to run. Without `F_SETLEASE` a file cut short during a query is not held off
(the size is still checked before each query); `fsync` leaves data in the drive's cache, so power
loss is survived only with `fcntl(F_FULLFSYNC)` in `sync_file` and `sync_folder`.

Windows needs, in this folder:
- `locks`: `msvcrt.locking` in place of `flock`; `os.pread` and `os.pwrite` do not exist;
- `leases`: nothing (a mapped file cannot be truncated there), but `fcntl` must not be imported;
- `files`: `O_CLOEXEC`, `O_NOFOLLOW` and `O_DIRECTORY` do not exist and folders cannot be synced:
  write renames through with `MoveFileExW(MOVEFILE_WRITE_THROUGH)`;
- `store.storage`: a mapped file cannot be unlinked or replaced. `remove` already leaves such files
  to the next writer; equal content must not be renamed onto a file that a reader has open;
- `memory`: `GetProcessMemoryInfo` in place of `/proc` and `resource`;
- `framing`: `CREATE_NEW_PROCESS_GROUP` in place of `process_group`.
Outside this folder, `discover` walks by folder descriptors (`dir_fd`), which Windows lacks.
"""
