-- Changes of roles, each of its own member.
dofile(os.getenv("WRK_SCRIPTS") .. "/common.lua")
each_once(os.getenv("ROLES"), function(one)
  local headers = { cookie = one.cookie, ["content-type"] = "application/json" }
  return wrk.format("PATCH", "/api/v1/accounts/" .. one.id, headers, '{"roles":["DEVELOPER"]}')
end)
