-- Plays blocks of the song in Neovim and prints what was seen as JSON.
local seen = {}
local rhapsode = require("rhapsode")
local errors = vim.api.nvim_get_namespaces().rhapsode_errors
local events = vim.api.nvim_get_namespaces().rhapsode_events

vim.cmd("edit " .. vim.env.SONG)
local function play(line)
  vim.api.nvim_win_set_cursor(0, { line, 0 })
  vim.cmd("RhapsodeBlock")
end
local function lit()
  return vim.api.nvim_buf_get_extmarks(0, events, 0, -1, { details = true })
end

play(3)
vim.wait(5000, function()
  return #vim.diagnostic.get(0, { namespace = errors }) > 0
end, 5)
local d = vim.diagnostic.get(0, { namespace = errors })[1] or {}
seen.error = { lnum = d.lnum, col = d.col, end_col = d.end_col, message = d.message }
play(6)
vim.wait(5000, function()
  return #lit() > 0
end, 5)
local m = lit()[1] or { 0, 0, 0, {} }
seen.light = { row = m[2], col = m[3], end_col = m[4].end_col }
seen.right = #vim.diagnostic.get(0, { namespace = errors }) == 0
seen.dark = vim.wait(5000, function()
  return #lit() == 0
end, 5)
seen.statusline = rhapsode.statusline()
rhapsode.close()
io.stdout:write("\n" .. vim.json.encode(seen) .. "\n")
vim.cmd("qall!")
