-- Bare TCP connections to a port of this machine, for clients that no HTTP library would be: bash
-- has them built in. Owns bytes and their pace; understands none of them.

local process = require "process"
local lu = require "luaunit"

local wire = {}

local PATIENCE = 60 -- seconds; only a test that fails takes so long

local TALK = [[
exec 3<>"/dev/tcp/127.0.0.1/$0" || exit 9
cat >&3
cat <&3]]

local DRIP = [[
exec 3<>"/dev/tcp/127.0.0.1/$0" || exit 9
text=$1
for ((at = 0; at < ${#text}; at += 4)); do
  printf %s "${text:at:4}" >&3
  sleep 0.01
done
cat <&3]]

local DEAF = [[
exec 3<>"/dev/tcp/127.0.0.1/$0" || exit 9
printf %s "$1" >&3
trap : USR1
sleep 1000 &
echo asked
wait
kill $!
cat <&3]]

local SIGUSR1 = 10

local HOLD = [[
ulimit -n "$(ulimit -Hn)"
for ((count = 0; count < $1; count++)); do
  exec {fd}<>"/dev/tcp/127.0.0.1/$0" || break
  printf %s "$2" >&$fd
done
echo $count
exec sleep 1000]]

local function bash(script, ...)
  local words = { ... }
  for i, word in ipairs(words) do words[i] = tostring(word) end
  return { "bash", "-c", script, table.unpack(words) }
end

local function outcome(running)
  lu.assertIsNumber((running:wait(PATIENCE)), "no end of a connection")
  return running:read_stdout()
end

---Sends bytes on a connection of their own.
---@param port integer
---@param bytes string
---@return string answer all that comes until the other side ends it
function wire.talk(port, bytes)
  return outcome(assert(process.spawn { argv = bash(TALK, port), stdin = bytes, stdout = "pipe",
    stderr = "pipe" }))
end

---Sends the first bytes of a request and goes away.
---@param port integer
---@param bytes string
function wire.leave(port, bytes)
  outcome(assert(process.spawn { argv = bash('exec 3<>"/dev/tcp/127.0.0.1/$0"; cat >&3', port),
    stdin = bytes, stdout = "pipe", stderr = "pipe" }))
end

---Sends a text a few bytes at a time, in the background.
---@param port integer
---@param text string without line ends at its end
---@return fun(): string answer waits for all that comes
function wire.drip(port, text)
  local running = assert(process.spawn { argv = bash(DRIP, port, text), stdout = "pipe",
    stderr = "pipe" })
  return function() return outcome(running) end
end

---Sends bytes on a connection and reads nothing yet.
---@param port integer
---@param bytes string
---@return fun(meanwhile: fun()): string listen begins to read, while somebody may answer; all that
---  comes until the other side ends it
function wire.deaf(port, bytes)
  local running = assert(process.spawn { argv = bash(DEAF, port, bytes), stdout = "pipe",
    stderr = "pipe" })
  lu.assertEquals(running:read_line(PATIENCE), "asked")
  return function(meanwhile)
    running:kill(SIGUSR1)
    repeat meanwhile() until running:wait(0.001)
    return outcome(running)
  end
end

---Opens many connections, says the same on each and then nothing more.
---@param port integer
---@param count integer
---@param text string
---@return {count: integer, close: function} held to-be-closed; count: how many there are
function wire.hold(port, count, text)
  local running = assert(process.spawn { argv = bash(HOLD, port, count, text), stdout = "pipe",
    stderr = "pipe" })
  local held = { count = tonumber(running:read_line(PATIENCE)) }
  function held.close()
    running:kill(9)
    running:wait(PATIENCE)
  end
  return setmetatable(held, { __close = held.close })
end

---An HTTP request as bytes, the last one of its connection unless `headers` says otherwise.
---@param method string
---@param path string
---@param body string
---@param headers string|nil lines that replace `Connection: close`
---@return string
function wire.request(method, path, body, headers)
  return ("%s %s HTTP/1.1\r\nHost: x\r\n%s\r\nContent-Length: %d\r\n\r\n%s"):format(method, path,
    headers or "Connection: close", #body, body)
end

return wire
