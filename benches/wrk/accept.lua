-- Acceptances, each of its own invitation by its own person; a thread ends when its part is used up, which may be long
-- before wrk does: the rate is that of the time until then.
dofile(os.getenv("WRK_SCRIPTS") .. "/common.lua")
function init()
  local threads = tonumber(os.getenv("THREADS"))
  list, at, answered = people(os.getenv("ACCEPTS"), threads, number), 0, 0
  -- As many as are under way when the rest is answered.
  enough = #list - tonumber(os.getenv("CONNECTIONS")) / threads
end
function request()
  began = began or seconds()
  at = at + 1
  local one = list[math.min(at, #list)]
  return wrk.format("POST", "/api/v1/me/invitations/" .. one.id .. "/accept", { cookie = one.cookie })
end
function response()
  answered, ended = answered + 1, seconds()
  if answered >= enough then wrk.thread:stop() end
end
