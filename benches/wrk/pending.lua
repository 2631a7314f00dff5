-- The list of an account's 100 pending invitations.
dofile(os.getenv("WRK_SCRIPTS") .. "/common.lua")
function init()
  local one = people(os.getenv("WRK_DATA") .. "/pending.txt", 1, 0)[1]
  text = wrk.format("GET", "/api/v1/accounts/" .. one.id .. "/invitations?status=pending&limit=100", { cookie = one.cookie })
end
function request()
  return text
end
