-- Other programs have files called .rules too: the first line that is no comment tells.

local function is_rulegate(buffer)
  local in_comment = false
  for _, line in ipairs(vim.api.nvim_buf_get_lines(buffer, 0, 100, false)) do
    line = line:gsub('^\239\187\191', ''):gsub('^%s+', '')
    if in_comment then
      in_comment = not line:find('*/', 1, true)
    elseif line:find('^/%*') then
      in_comment = not line:find('*/', 3, true)
    elseif line ~= '' and not line:find('^//') then
      return line:find('^rulegate%s+%d') ~= nil
    end
  end
  return false
end

local function is_empty(buffer)
  return vim.api.nvim_buf_line_count(buffer) <= 1 and vim.api.nvim_buf_get_lines(buffer, 0, 1, false)[1] == ''
end

vim.filetype.add({
  extension = {
    rules = function(path, buffer)
      if is_rulegate(buffer) or (is_empty(buffer) and not path:find('udev', 1, true)) then
        return 'rulegate'
      end
      -- What Neovim itself makes of the name.
      local known, detect = pcall(require, 'vim.filetype.detect')
      return known and detect.rules and detect.rules(path, buffer) or nil
    end,
  },
})
