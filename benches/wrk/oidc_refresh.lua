-- Refreshes: each refresh token once, then the one of its response.
dofile(os.getenv("WRK_SCRIPTS") .. "/common.lua")
dofile(os.getenv("WRK_SCRIPTS") .. "/oidc.lua")
function init()
  tokens = lines_of("refresh_tokens.txt")
  first, last = 1, #tokens
end
function request()
  local token = tokens[first]
  tokens[first], first = nil, first + 1
  return post("/oauth2/token", "grant_type=refresh_token&refresh_token=" .. token)
end
function response(status, headers, body)
  last = last + 1
  tokens[last] = body:match('"refresh_token":"([^"]+)"')
end
