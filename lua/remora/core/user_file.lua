-- Where files of the user are, after the XDG base directories. Pure; the module is the function.

---@param env fun(name: string): string|nil the environment
---@param variable string that names the directory, such as "XDG_CONFIG_HOME"
---@param default string where that is below the home directory when the variable is not set
---@param name string of the file
---@return string|nil path nil without a home directory
return function(env, variable, default, name)
  local base, home = env(variable) or "", env("HOME") or ""
  if base == "" and home == "" then return nil end
  if base == "" then base = home .. "/" .. default end
  return base .. "/remora/" .. name
end
