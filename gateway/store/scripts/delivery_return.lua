-- ARGV: worker now claim*
-- Claims that a living worker does not know of: the answer that named them was lost when the store went away. They go back to
-- the front of their lanes. Returns how many.
-- include lanes
local returned = 0
for i = 3, #ARGV do
  if claim_return(ARGV[1], ARGV[i], ARGV[2]) then
    returned = returned + 1
  end
end
return returned
