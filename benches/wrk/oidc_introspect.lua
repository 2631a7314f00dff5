-- Introspection of access tokens.
dofile(os.getenv("WRK_SCRIPTS") .. "/common.lua")
dofile(os.getenv("WRK_SCRIPTS") .. "/oidc.lua")
function init()
  tokens, at = lines_of("access_tokens.txt"), 0
end
function request()
  at = at + 1
  return post("/oauth2/introspect", "token=" .. tokens[at % #tokens + 1])
end
