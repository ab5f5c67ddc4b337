--- The editors' protocol of Rhapsode (docs/protocol.md) over a Unix socket, or TCP where there is none.
local M = {}

local uv = vim.loop
local connection

--- The folder of session files.
local function folder()
  local runtime = vim.env.XDG_RUNTIME_DIR
  if runtime and runtime ~= "" then
    return runtime .. "/rhapsode"
  end
  local state = vim.env.XDG_STATE_HOME
  if not state or state == "" then
    state = uv.os_homedir() .. "/.local/state"
  end
  return state .. "/rhapsode/run"
end

--- The sessions, the newest first.
local function sessions(where)
  local found = {}
  for _, path in ipairs(vim.fn.glob(where .. "/*.json", true, true)) do
    local read, session = pcall(function()
      return vim.json.decode(table.concat(vim.fn.readfile(path), "\n"))
    end)
    if read and session.version == 1 and session.started then
      table.insert(found, session)
    end
  end
  table.sort(found, function(a, b)
    return a.started > b.started
  end)
  return found
end

--- Connects to the first of `list` that is there.
local function connect(list, index, done)
  local session = list[index]
  if not session then
    return done(nil)
  end
  local handle
  local tried = function(failed)
    if failed then
      handle:close()
      return connect(list, index + 1, done)
    end
    done(handle, session)
  end
  if session.socket then
    handle = uv.new_pipe(false)
    handle:connect(session.socket, tried)
  else
    handle = uv.new_tcp()
    handle:connect("127.0.0.1", session.port, tried)
  end
end

local function write(c, message)
  c.handle:write(vim.json.encode(message) .. "\n")
end

--- Hands every whole line of what came to whom it is for.
local function take(c, chunk)
  c.rest = c.rest .. chunk
  for line in c.rest:gmatch("([^\n]*)\n") do
    local message = vim.json.decode(line, { luanil = { object = true } })
    local answer = message.id and c.waiting[message.id]
    if answer then
      c.waiting[message.id] = nil
      answer(message)
    else
      c.notice(message)
    end
  end
  c.rest = c.rest:match("[^\n]*$")
end

--- Connects to the newest session. `notice` gets all that is no answer, `closed` why it ended (nil if it just
--- did), `ready` nothing. All are called where Neovim's functions may be.
function M.open(where, notice, closed, ready)
  connect(sessions(where or folder()), 1, vim.schedule_wrap(function(handle, session)
    if not handle then
      return closed("nothing is running; start `rhapsode live song.rhai` in a terminal")
    end
    local c = { handle = handle, rest = "", waiting = {}, last = 0, notice = notice }
    connection = c
    handle:read_start(vim.schedule_wrap(function(failed, chunk)
      if connection ~= c then
        return
      end
      if failed or not chunk then
        M.close()
        return closed(nil)
      end
      take(c, chunk)
    end))
    M.ask({ type = "hello", version = 1, token = session.token }, function(answer)
      if answer.type == "welcome" then
        return ready()
      end
      M.close()
      closed(answer.diagnostics[1].message)
    end)
  end))
end

--- Sends a message; `answer` gets what comes back.
function M.ask(message, answer)
  local c = connection
  if c then
    c.last = c.last + 1
    message.id = c.last
    c.waiting[message.id] = answer or function() end
    write(c, message)
  end
end

--- Ends the connection.
function M.close()
  if connection then
    connection.handle:close()
    connection = nil
  end
end

return M
