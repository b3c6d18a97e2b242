package com.example.shop;

import java.util.List;

/**
 * A repository of orders.
 */
@Component
public class OrderRepository implements Repository<Order> {
    private static final int LIMIT = 100;
    private final List<Order> orders;

    public OrderRepository(List<Order> orders) {
        this.orders = orders;
    }

    /** Finds an order by its id. */
    @Override
    public Order find(long id) {
        for (Order order : orders) {
            if (order.id() == id) {
                return order;
            }
        }
        return null;
    }

    static <T extends Comparable<T>> T max(List<T> items) {
        return items.get(0);
    }

    enum State { OPEN, CLOSED; boolean open() { return this == OPEN; } }

    record Line(String name, int count) {}
}

interface Repository<T> {
    T find(long id);
}

@interface Component {
}
