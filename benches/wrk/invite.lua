-- Invitations, BATCH addresses in a request, every address a new one. With REQUESTS it ends after so many requests.
dofile(os.getenv("WRK_SCRIPTS") .. "/common.lua")
function init()
  list, at = people(os.getenv("WRK_DATA") .. "/owners.txt", 1, 0), number
  batch, run = tonumber(os.getenv("BATCH")), os.getenv("RUN")
  local requests = tonumber(os.getenv("REQUESTS"))
  if requests then stop_after(requests / tonumber(os.getenv("THREADS"))) end
end
function request()
  began = began or seconds()
  at = at + 1
  local one, emails = list[at % #list + 1], {}
  for part = 1, batch do
    emails[part] = string.format('"%s-%d-%d-%d@invited.test"', run, number, at, part)
  end
  local body = '{"product":"platform","roles":["DEVELOPER"],"emails":[' .. table.concat(emails, ",") .. "]}"
  local headers = { cookie = one.cookie, ["content-type"] = "application/json" }
  return wrk.format("POST", "/api/v1/accounts/" .. one.id .. "/invitations", headers, body)
end
