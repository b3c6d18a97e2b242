<?php

declare(strict_types=1);

namespace App\Orders;

use App\Model;

const LIMIT = 10;

/**
 * Something that has a price.
 */
interface Priced
{
    public function price(): int;
}

trait Named
{
    public function name(): string
    {
        return $this->name;
    }
}

/** An order. */
#[Entity]
final class Order extends Model implements Priced
{
    use Named;

    private const TAX = 19;

    public function __construct(private array $lines)
    {
    }

    /**
     * Sums the lines up.
     */
    public function price(): int
    {
        return array_sum($this->lines);
    }
}

enum State: string
{
    case Open = 'open';
}

// Formats a price.
function format(int $price): string
{
    return sprintf('%d', $price);
}
