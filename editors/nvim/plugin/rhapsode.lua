-- Commands and file type of the Rhapsode binding.

if vim.g.loaded_rhapsode then
  return
end
vim.g.loaded_rhapsode = true

vim.filetype.add({ extension = { rhai = "rhai" } })

local function command(name, action, options)
  vim.api.nvim_create_user_command(name, action, options)
end

command("RhapsodeEval", function(o)
  require("rhapsode").eval_lines(o.line1, o.line2)
end, { range = "%", desc = "Play these lines (the whole file without a range)" })
command("RhapsodeBlock", function()
  require("rhapsode").eval_block()
end, { desc = "Play the block of lines under the cursor" })
command("RhapsodeHush", function()
  require("rhapsode").eval_code("hush()")
end, { desc = "Mute all tracks; tails ring" })
command("RhapsodePanic", function()
  require("rhapsode").eval_code("panic()")
end, { desc = "Silence at once" })
command("RhapsodeConnect", function()
  require("rhapsode").connect()
end, { desc = "Connect to the newest session, to see what plays" })
command("RhapsodeClose", function()
  require("rhapsode").close()
end, { desc = "Leave the session" })
