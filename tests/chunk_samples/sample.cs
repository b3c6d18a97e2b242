using System;
using System.Collections.Generic;

namespace Shop.Orders
{
    /// <summary>Something that can be priced.</summary>
    public interface IPriced
    {
        decimal Price { get; }
        void Discount(decimal rate);
    }

    public enum State { Open, Closed }

    public delegate void Changed(Order order);

    /// <summary>An order of several lines.</summary>
    [Serializable]
    public class Order : IPriced
    {
        private readonly List<Line> lines = new();

        public Order(string customer)
        {
            Customer = customer;
        }

        public string Customer { get; }

        public decimal Price => 0m;

        // Lower the price of all lines.
        [Obsolete]
        public void Discount(decimal rate)
        {
            foreach (var line in lines)
            {
                line.Amount *= 1 - rate;
            }
        }

        public static Order operator +(Order a, Order b) => a;

        private class Line
        {
            public decimal Amount { get; set; }
        }
    }

    public record Customer(string Name);

    public struct Money
    {
        public decimal Amount;
    }
}
