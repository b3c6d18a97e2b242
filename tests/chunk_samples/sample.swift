import Foundation

/// Something that has a price.
protocol Priced {
    var price: Int { get }
    func discount(by rate: Double) -> Int
}

/// An order.
@objc
final class Order: NSObject, Priced {
    static let limit = 10
    var lines: [String] = []

    var price: Int {
        return lines.count
    }

    init(lines: [String]) {
        self.lines = lines
    }

    // Adds a line.
    func add(_ line: String) {
        lines.append(line)
    }

    func discount(by rate: Double) -> Int { price }
}

struct Money {
    let amount: Int
}

enum State {
    case open
    case closed
}

extension Order {
    func clear() {
        lines = []
    }
}

typealias Orders = [Order]

/// Sums up.
func total<T: Priced>(_ items: [T]) -> Int {
    return items.reduce(0) { $0 + $1.price }
}

actor Counter {
    var value = 0
}
