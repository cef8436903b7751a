-- Who calls, as the arguments of any call may tell it beside their own, over the profile's
-- credentials. Data only.

return {
  -- The names that count, and what each of them is called today.
  names = {
    bk_app_code = "bk_app_code", app_code = "bk_app_code",
    bk_app_secret = "bk_app_secret", app_secret = "bk_app_secret",
    bk_username = "bk_username", username = "bk_username",
    bk_token = "bk_token", access_token = "access_token",
  },
  -- Those of them whose values nobody may see.
  secrets = { "bk_app_secret", "app_secret", "bk_token", "access_token" },
}
