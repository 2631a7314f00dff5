-- Sign-ins of users with a session: authorize, then token with the code of the response.
dofile(os.getenv("WRK_SCRIPTS") .. "/common.lua")
dofile(os.getenv("WRK_SCRIPTS") .. "/oidc.lua")
function init()
  list, at, codes = people(os.getenv("WRK_DATA") .. "/owners.txt", 1, 0), number, {}
end
function request()
  local code = table.remove(codes)
  if code then
    return post("/oauth2/token", "grant_type=authorization_code&redirect_uri=" .. redirect_uri ..
      "&code_verifier=" .. verifier .. "&code=" .. code)
  end
  at = at + 1
  local one = list[at % #list + 1]
  return wrk.format("GET", "/oauth2/authorize?client_id=bench&response_type=code&scope=openid&redirect_uri=" .. redirect_uri ..
    "&code_challenge_method=S256&code_challenge=" .. challenge .. "&account=" .. one.id, { cookie = one.cookie })
end
function response(status, headers)
  local location = headers["location"] or headers["Location"]
  if location then codes[#codes + 1] = location:match("code=([^&]+)") end
end
