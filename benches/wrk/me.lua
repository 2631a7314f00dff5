-- The session check: GET /me by 200 people in turn.
dofile(os.getenv("WRK_SCRIPTS") .. "/common.lua")
function init()
  list, at = people(os.getenv("WRK_DATA") .. "/owners.txt", 1, 0), number
end
function request()
  at = at + 1
  return wrk.format("GET", "/api/v1/me", { cookie = list[at % #list + 1].cookie })
end
