defmodule Shop.Cart do
  @moduledoc """
  A shopping cart.
  """
  use GenServer

  @limit 100

  @type line :: {String.t(), integer()}

  defstruct lines: []

  @doc """
  Adds a line to the cart.
  """
  @spec add(t(), line()) :: t()
  def add(%__MODULE__{lines: lines} = cart, line) when length(lines) < @limit do
    %{cart | lines: [line | lines]}
  end

  def add(cart, _line), do: cart

  # Sums up prices.
  defp total(cart) do
    cart.lines |> Enum.map(&elem(&1, 1)) |> Enum.sum()
  end

  defmacro is_empty(cart) do
    quote do: unquote(cart).lines == []
  end

  def size, do: 0

  defguard is_line(value) when is_tuple(value)

  defmodule Line do
    def new(name), do: {name, 0}
  end
end

defprotocol Shop.Priced do
  @doc "The price."
  def price(item)
end

defimpl Shop.Priced, for: Shop.Cart do
  def price(_), do: 1
end
