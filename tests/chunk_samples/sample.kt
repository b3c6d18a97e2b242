package com.example.shop

import kotlinx.coroutines.flow.Flow

const val LIMIT = 10

/**
 * A repository of orders.
 */
interface Repository<T> {
    fun find(id: Long): T?
}

/** An order. */
data class Order(val id: Long, val lines: List<String>) {
    val size: Int
        get() = lines.size

    // Adds a line.
    fun add(line: String): Order {
        return copy(lines = lines + line)
    }

    companion object {
        fun empty(): Order = Order(0, emptyList())
    }
}

enum class State { OPEN, CLOSED }

object Registry {
    fun register(order: Order) {
        println(order)
    }
}

typealias Orders = List<Order>

/** Sums up. */
suspend fun <T> Flow<T>.total(): Int {
    return 0
}

sealed class Result
