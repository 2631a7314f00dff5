-- Acceptances, each of its own invitation by its own person.
dofile(os.getenv("WRK_SCRIPTS") .. "/common.lua")
each_once(os.getenv("ACCEPTS"), function(one)
  return wrk.format("POST", "/api/v1/me/invitations/" .. one.id .. "/accept", { cookie = one.cookie })
end)
