-- Revocations, each of its own invitation.
dofile(os.getenv("WRK_SCRIPTS") .. "/common.lua")
each_once(os.getenv("CANCELS"), function(one)
  return wrk.format("POST", "/api/v1/accounts/" .. one.id .. "/revoke", { cookie = one.cookie })
end)
