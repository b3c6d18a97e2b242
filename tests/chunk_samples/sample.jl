module Shop

using Base: push!

"How many."
const LIMIT = 10

abstract type Shape end

# A point.
struct Point{T} <: Shape
    x::T
    y::T
end

mutable struct Queue
    items::Vector{Int}
    Queue() = new([])
end

@enum State open closed

"""
Adds an item.
"""
function push!(q::Queue, item)
    helper(x) = x + 1
    append!(q.items, item)
end

size(q::Queue) = length(q.items)
Base.show(io::IO, q::Queue) = print(io, "q")
const double = x -> 2x

macro twice(ex)
    :($ex; $ex)
end

@testset "queue" begin
    @test 1 == 1
end

end
