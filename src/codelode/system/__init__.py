"""Everything that differs between operating systems; nothing else imports `fcntl` or `resource`.

`files` makes bytes and names durable and maps files, `locks` keeps writers apart, `leases` keeps a
mapped file from being truncated, `open_flags` are for files and folders that are read. `cpu` and
`memory` report the machine's resources and their use by this process. `processes` starts workers
and exchanges the frames of `framing` with them; frames carry errors too (`error_message`). `fork`
is for the children of a program that forks, `private_socket` for processes of one user that connect
to a socket in a folder, `loopback` for addresses that only this machine reaches. Linux has all of
it; every module can be imported on every system.

macOS needs no changes to run. `private_socket` asks for Linux's `SO_PEERCRED`; macOS needs
`LOCAL_PEERCRED` before searches go to a watcher there. Without `F_SETLEASE`, a file can be
truncated during a query (its size is still checked before each query). `fsync` leaves data in the
drive's cache, so power loss is survived only with `fcntl(F_FULLFSYNC)` in `sync_file` and
`sync_folder`. Allocations have no limit there: the memory cap is only checked after each batch.

Windows needs, in this folder:
- `locks`: `msvcrt.locking` in place of `flock`; `os.pread` and `os.pwrite` do not exist;
- `leases`: nothing (a mapped file cannot be truncated there);
- `files`: folders cannot be synced: rename with `MoveFileExW(MOVEFILE_WRITE_THROUGH)`;
- `open_flags`: without `O_NOFOLLOW`, check for links and reparse points before opening;
- `store.storage`: a mapped file cannot be unlinked or replaced. `remove` already leaves such files
  to the next writer; equal content must not be renamed onto a file that a reader has open;
- `memory`: `GetProcessMemoryInfo` in place of `/proc` and `resource`, a job object as the limit;
- `cpu`: `SetPriorityClass` in place of `nice`;
- `private_socket`: nothing: without `fork`, no process answers for others;
- `processes`: `CREATE_NEW_PROCESS_GROUP` in place of `process_group`.
Outside this folder, `discover` walks by folder descriptors (`dir_fd`), which Windows lacks.
"""
