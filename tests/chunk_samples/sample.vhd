library ieee;
use ieee.std_logic_1164.all;

-- A counter.
entity counter is
  generic (N : integer := 8);
  port (clk : in std_logic; q : out std_logic);
end entity counter;

architecture rtl of counter is
  constant LIMIT : integer := 10;
  type state_t is (idle, run);
  signal s : state_t;
  component sub is
    port (a : in std_logic);
  end component;
  function add(a, b : integer) return integer is
  begin
    return a + b;
  end function;
begin
  main: process(clk)
  begin
    s <= run;
  end process;
end architecture rtl;

package shop is
  procedure push(x : integer);
end package;
