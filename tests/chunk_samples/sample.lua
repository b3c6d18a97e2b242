local M = {}

local LIMIT = 10

--- Adds two numbers.
-- @param a number
function M.add(a, b)
  return a + b
end

-- Doubles a number.
local function double(x)
  return x * 2
end

M.triple = function(x)
  return x * 3
end

local quad = function(x)
  return x * 4
end

function M:close()
  self.open = false
end

M.handlers = {
  start = function()
    return true
  end,
  stop = function() end,
}

if jit then
  function M.fast()
    return true
  end
end

return M
