//! A queue of work.
const std = @import("std");

pub const limit: usize = 10;

/// A queue of numbers.
pub const Queue = struct {
    items: []u32,

    /// Adds a number at the end.
    pub fn push(self: *Queue, item: u32) void {
        self.items[0] = item;
    }
};

const State = enum { open, closed };

const Word = union(enum) {
    number: u32,
    byte: u8,
};

const QueueError = error{ Full, Empty };

/// A list of anything.
pub fn List(comptime T: type) type {
    return struct {
        items: []T,

        pub fn len(self: @This()) usize {
            return self.items.len;
        }
    };
}

pub fn main() !void {
    std.debug.print("{d}\n", .{limit});
}

test "push adds" {
    try std.testing.expect(true);
}
