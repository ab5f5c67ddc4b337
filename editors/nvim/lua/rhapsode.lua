--- Plays Rhapsode from Neovim: sends code, marks errors, lights up what plays.
local M = {}

local client = require("rhapsode.client")
local events = vim.api.nvim_create_namespace("rhapsode_events")
local errors = vim.api.nvim_create_namespace("rhapsode_errors")

--- What may be changed with setup().
M.config = {
  --- Highlight group of what plays.
  highlight = "IncSearch",
  --- When code is heard: "bar", "now", beats; nil for the session's own.
  quant = nil,
  --- Another folder of session files than the system's.
  folder = nil,
}

--- The newest status and levels of the session; nil when not connected.
M.state = nil

local function say(text, level)
  vim.notify("Rhapsode: " .. text, level or vim.log.levels.INFO)
end

--- The buffer of a file that is open.
local function buffer_of(file)
  for _, buffer in ipairs(vim.api.nvim_list_bufs()) do
    if file and vim.api.nvim_buf_is_loaded(buffer) and vim.api.nvim_buf_get_name(buffer) == file then
      return buffer
    end
  end
end

--- Row and byte column, from 0, of a line and a column in characters, from 1.
local function place(buffer, line, column)
  local row = math.min(line, vim.api.nvim_buf_line_count(buffer)) - 1
  local text = vim.api.nvim_buf_get_lines(buffer, row, row + 1, false)[1] or ""
  local found, byte = pcall(vim.str_byteindex, text, column - 1)
  return row, found and byte or #text
end

--- Marks what is wrong; what stands in no open buffer is said.
local function show_errors(diagnostics)
  local found = {}
  for _, d in ipairs(diagnostics) do
    local buffer = d.span and buffer_of(d.file)
    local text = d.hint and (d.message .. "\n" .. d.hint) or d.message
    local severe = d.severity == "error" and "ERROR" or "WARN"
    if buffer then
      local row, column = place(buffer, d.span.line, d.span.column)
      local end_row, end_column = place(buffer, d.span.end_line, d.span.end_column)
      found[buffer] = found[buffer] or {}
      table.insert(found[buffer], {
        lnum = row,
        col = column,
        end_lnum = end_row,
        end_col = end_column,
        message = text,
        source = "rhapsode",
        severity = vim.diagnostic.severity[severe],
      })
    else
      say(text, vim.log.levels[severe])
    end
  end
  vim.diagnostic.reset(errors)
  for buffer, list in pairs(found) do
    vim.diagnostic.set(errors, buffer, list)
  end
end

--- Lights a stretch up from `begin` to `end` (milliseconds since 1970).
local function light(event)
  local seconds, micros = vim.loop.gettimeofday()
  local now = seconds * 1000 + micros / 1000
  vim.defer_fn(function()
    local buffer = buffer_of(event.file)
    if not buffer then
      return
    end
    local row, column = place(buffer, event.span.line, event.span.column)
    local end_row, end_column = place(buffer, event.span.end_line, event.span.end_column)
    local options = { end_row = end_row, end_col = end_column, hl_group = M.config.highlight }
    local set, mark = pcall(vim.api.nvim_buf_set_extmark, buffer, events, row, column, options)
    if set then
      vim.defer_fn(function()
        pcall(vim.api.nvim_buf_del_extmark, buffer, events, mark)
      end, math.max(30, event["end"] - event.begin))
    end
  end, math.max(0, event.begin - now))
end

local notices = {
  event = light,
  error = function(m)
    show_errors(m.diagnostics)
  end,
  log = function(m)
    if m.level ~= "info" then
      say(m.text, vim.log.levels.WARN)
    end
  end,
  status = function(m)
    M.state.status = m
    vim.cmd("redrawstatus!")
  end,
  meter = function(m)
    M.state.slots = m.slots
  end,
}

--- Connects to the newest session unless that is done, then calls `ready`.
function M.connect(ready)
  ready = ready or function() end
  if M.state then
    return ready()
  end
  client.open(M.config.folder, function(m)
    local act = notices[m.type]
    if M.state and act then
      act(m)
    end
  end, function(why)
    if why or M.state then
      say(why or "the session has ended", why and vim.log.levels.ERROR)
    end
    M.state = nil
    vim.api.nvim_buf_clear_namespace(0, events, 0, -1)
  end, function()
    M.state = {}
    client.ask({ type = "subscribe", kinds = { "event", "meter", "log", "status", "error" } })
    ready()
  end)
end

--- Leaves the session.
function M.close()
  M.state = nil
  client.close()
end

local function send(message)
  message.type, message.quant = "eval", M.config.quant
  M.connect(function()
    client.ask(message, function(answer)
      show_errors(answer.diagnostics or {})
      if answer.type == "result" and answer.text ~= "" then
        say(answer.text)
      end
    end)
  end)
end

--- Plays code that stands in no file.
function M.eval_code(code)
  send({ code = code })
end

--- Plays lines of the buffer, both from 1 and inclusive.
function M.eval_lines(first, last)
  local lines = vim.api.nvim_buf_get_lines(0, first - 1, last, false)
  local file = vim.api.nvim_buf_get_name(0)
  send({ code = table.concat(lines, "\n") .. "\n", file = file ~= "" and file or nil, line = first })
end

--- Plays the lines around the cursor up to the next empty ones.
function M.eval_block()
  local row = vim.api.nvim_win_get_cursor(0)[1]
  local blank = function(n)
    return vim.fn.getline(n):match("^%s*$") ~= nil
  end
  local first, last, count = row, row, vim.api.nvim_buf_line_count(0)
  while first > 1 and not blank(first - 1) do
    first = first - 1
  end
  while last < count and not blank(last + 1) do
    last = last + 1
  end
  M.eval_lines(first, last)
end

--- For the status line: bar, beat, tempo, load and level. Empty when not connected.
function M.statusline()
  local s = M.state and M.state.status
  if not s then
    return ""
  end
  local text = string.format("♪ %d:%d %.0f bpm %.0f %%", s.bar, math.floor(s.beat), s.bpm, s.load * 100)
  for _, slot in ipairs(M.state.slots or {}) do
    if slot.name == "master" then
      text = text .. string.format(" %.0f dB", math.max(slot.peak_db[1], slot.peak_db[2]))
    end
  end
  return s.lost and text .. " NO DEVICE" or text
end

--- Changes settings; see M.config.
function M.setup(config)
  M.config = vim.tbl_extend("force", M.config, config or {})
end

-- What is saved is judged anew by the session that watches it.
vim.api.nvim_create_autocmd("BufWritePost", {
  pattern = "*.rhai",
  callback = function(saved)
    vim.diagnostic.reset(errors, saved.buf)
  end,
})

return M
