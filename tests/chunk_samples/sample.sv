// A queue.
`define LIMIT 10
`timescale 1ns/1ps

package shop_pkg;
  typedef enum logic [1:0] {OPEN, CLOSED} state_t;
  typedef struct packed { logic [7:0] x; } point_t;
  parameter int WIDTH = 8;
endpackage

interface bus_if(input clk);
  logic valid;
endinterface

module counter #(parameter N = 8) (input clk, output reg [N-1:0] q);
  wire w;
  localparam M = 2;
  always @(posedge clk) q <= q + 1;

  function automatic int add(int a, int b);
    return a + b;
  endfunction

  task reset();
    q = 0;
  endtask

  sub u_sub (.clk(clk));
endmodule

class Packet extends Base;
  int x;
  function new(int x);
    this.x = x;
  endfunction
  virtual task run();
  endtask
endclass
