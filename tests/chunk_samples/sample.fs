namespace Shop

open System

/// A point.
type Point = { X: int; Y: int }

type Shape =
    | Circle of float
    | Square of side: float

type IClose =
    abstract member Close: unit -> unit

type Queue(limit: int) =
    let items = ResizeArray<int>()
    member this.Push(item: int) = items.Add item
    static member Make() = Queue(1)
    member val Name = "x" with get, set

module Maths =
    let limit = 10

    // Adds.
    let add a b = a + b

    let rec fact n =
        if n = 0 then 1 else n * fact (n - 1)

    let (|Even|Odd|) n = if n % 2 = 0 then Even else Odd

type Alias = int list

exception Broken of string
