package com.example.shop

import scala.concurrent.Future

/** Something that has a price. */
trait Priced {
  def price: Int
}

/** An order. */
case class Order(id: Long, lines: List[String]) extends Priced {
  val limit = 10

  // The sum of all lines.
  override def price: Int = lines.size

  def add(line: String): Order = {
    copy(lines = line :: lines)
  }
}

object Order {
  val Empty = Order(0, Nil)

  def apply(line: String): Order = Order(1, List(line))
}

enum State {
  case Open, Closed
}

type Orders = List[Order]

given ordering: Ordering[Order] with {
  def compare(a: Order, b: Order): Int = 0
}

extension (order: Order) {
  def total: Int = order.price
}

def main(args: Array[String]): Unit = {
  println(args)
}
