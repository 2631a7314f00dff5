-- What the scripts share: lists of people from a file, and a thread's own part of them.

local counter = 0
function setup(thread)
  thread:set("number", counter)
  counter = counter + 1
end

-- Lines of "cookie id"; this thread's are those whose turn it is.
function people(path, every, first)
  local found, at = {}, 0
  for line in io.lines(path) do
    if at % every == first then
      local cookie, id = line:match("^(%S+) (%S+)$")
      found[#found + 1] = { cookie = cookie, id = id }
    end
    at = at + 1
  end
  return found
end

-- wrk prints rates of its own that are hard to read back; this line is for the script around it.
function done(summary, latency)
  local failed = summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.timeout
  print(string.format("RESULT %.1f %.3f %.3f %d %d", summary.requests / (summary.duration / 1e6),
    latency:percentile(50) / 1000, latency:percentile(99) / 1000, failed, summary.requests))
end
