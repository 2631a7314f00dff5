-- The first page of the members of an account, LIMIT of them, by the owners of the accounts in turn.
dofile(os.getenv("WRK_SCRIPTS") .. "/common.lua")
function init()
  list, at = people(os.getenv("WRK_DATA") .. "/owners.txt", 1, 0), number
  limit = os.getenv("LIMIT")
end
function request()
  at = at + 1
  local one = list[at % #list + 1]
  return wrk.format("GET", "/api/v1/accounts/" .. one.id .. "/members?limit=" .. limit, { cookie = one.cookie })
end
