(* A queue. *)
open Printf

module Queue = struct
  type 'a t = { items : 'a list; size : int }

  exception Empty

  (** Adds an item. *)
  let push q item = { q with items = item :: q.items }

  let rec length = function
    | [] -> 0
    | _ :: t -> 1 + length t
end

type shape =
  | Circle of float
  | Square of { side : float }

module type CLOSEABLE = sig
  type t
  val close : t -> unit
end

let limit = 10

let ( >>= ) x f = f x

external now : unit -> float = "caml_now"

class counter = object
  val mutable n = 0
  method up = n <- n + 1
end

module Make (S : CLOSEABLE) = struct
  let run x = S.close x
end

let () = printf "x"
