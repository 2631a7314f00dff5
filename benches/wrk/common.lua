-- What the scripts share: lists of people from a file, and a thread's own part of them.

local threads = {}
function setup(thread)
  thread:set("number", #threads)
  threads[#threads + 1] = thread
end

-- The seconds on a clock that only goes forward.
local ffi = require("ffi")
ffi.cdef("struct moment { long seconds, nanos; }; int clock_gettime(int clock, struct moment *moment);")
function seconds()
  local moment = ffi.new("struct moment")
  ffi.C.clock_gettime(1, moment)
  return tonumber(moment.seconds) + tonumber(moment.nanos) / 1e9
end

-- How long requests were made: until the last answer where a script ends before wrk does.
local function duration(whole)
  local began, ended
  for _, thread in ipairs(threads) do
    local from, to = thread:get("began"), thread:get("ended")
    if from and to then
      began, ended = math.min(began or from, from), math.max(ended or to, to)
    end
  end
  return began and ended - began or whole
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

-- Ends a thread after so many responses, which may be long before wrk ends: the rate is that of the time until then.
function stop_after(enough)
  local answered = 0
  function response()
    answered, ended = answered + 1, seconds()
    if answered >= enough then wrk.thread:stop() end
  end
end

-- One request for each line of "cookie id" in a file; a thread ends when its part is used up.
function each_once(path, make)
  function init()
    local threads = tonumber(os.getenv("THREADS"))
    list, at = people(path, threads, number), 0
    -- As many as are under way when the rest is answered.
    stop_after(#list - tonumber(os.getenv("CONNECTIONS")) / threads)
  end
  function request()
    began = began or seconds()
    at = at + 1
    return make(list[math.min(at, #list)])
  end
end

-- wrk prints rates of its own that are hard to read back; this line is for the script around it.
function done(summary, latency)
  local failed = summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.timeout
  print(string.format("RESULT %.1f %.3f %.3f %d %d", summary.requests / duration(summary.duration / 1e6),
    latency:percentile(50) / 1000, latency:percentile(99) / 1000, failed, summary.requests))
end
