import 'dart:async';

/// How many tries.
const int maxTries = 3;
final Duration wait = Duration(seconds: 1);

typedef Handler = void Function(int code);

/// Where a request is.
enum State { waiting, running, done }

/// Anything that can be closed.
abstract class Closeable {
  void close();
  bool get isOpen;
}

/// A queue of jobs.
class JobQueue<T> extends Base with Logging implements Closeable {
  static const String name = 'jobs';
  final List<T> _items = [];

  JobQueue(this.limit);
  JobQueue.empty() : limit = 0;
  factory JobQueue.of(List<T> items) {
    return JobQueue(items.length);
  }

  /// Adds an item.
  void push(T item) {
    _items.add(item);
  }

  T? pop() => _items.isEmpty ? null : _items.removeLast();

  @override
  bool get isOpen => true;

  set limit(int value) {
    _limit = value;
  }

  bool operator ==(Object other) => identical(this, other);
}

mixin Logging on Base {
  void log(String line) => print(line);
}

extension Shout on String {
  String shout() => toUpperCase();
}

Future<void> main(List<String> args) async {
  void helper() {}
  helper();
}
