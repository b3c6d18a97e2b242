with Ada.Text_IO;

-- A queue.
package body Queues is

   Limit : constant Integer := 10;

   type State is (Open, Closed);

   type Point is record
      X, Y : Integer;
   end record;

   -- Adds an item.
   procedure Push (Q : in out Queue; Item : Integer) is
   begin
      null;
   end Push;

   function Size (Q : Queue) return Integer is
   begin
      return Q.Count;
   end Size;

   function Later (Q : Queue) return Integer;

   task type Worker is
      entry Start;
   end Worker;

end Queues;
