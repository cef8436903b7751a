-- How numbers and names are put into a sentence. Pure; knows no platform.

local nearest = require "remora.core.nearest"

local phrase = {}

---A noun as it stands behind a number: "call", "calls"; "process", "processes".
---@param number integer
---@param noun string in the singular
---@return string
function phrase.plural(number, noun)
  if number == 1 then return noun end
  return noun .. (noun:find("s$") and "es" or "s")
end

---A number with its noun: "1 call", "2 calls".
---@param number integer
---@param noun string in the singular
---@return string
function phrase.count(number, noun)
  return ("%d %s"):format(number, phrase.plural(number, noun))
end

---The first of some names, and how many there are beside them: "a, b and 3 more".
---@param names string[]
---@param most integer that are named
---@param all integer? how many there are, when not all of them are in the list
---@return string
function phrase.named(names, most, all)
  local count = all or #names
  local text = table.concat(names, ", ", 1, math.min(#names, most))
  return count > most and ("%s and %d more"):format(text, count - most) or text
end

---The known name that a mistyped one was probably meant to be, as a question.
---@param name any only a text is guessed at
---@param candidates string[]|table<string, any> a list of names, or a table keyed by them
---@param before string? stands before the guess: the path to the name
---@return string? words 'did you mean "timeout"?'; nil: no name is close enough
function phrase.did_you_mean(name, candidates, before)
  local guess = type(name) == "string" and nearest(name, candidates)
  return guess and ('did you mean "%s%s"?'):format(before or "", guess) or nil
end

local DIGITS = 7 -- of a commit

---A commit as people call it.
---@param id string
---@return string
function phrase.commit(id)
  return id:sub(1, DIGITS)
end

return phrase
