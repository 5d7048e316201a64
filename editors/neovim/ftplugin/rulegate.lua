vim.bo.commentstring = '// %s'
vim.bo.comments = 's1:/*,mb:*,ex:*/,:///,://'
vim.bo.expandtab = true
vim.bo.shiftwidth = 2
vim.bo.softtabstop = 2
-- `order.total` is a name and its member; a name in back-ticks may hold anything.
vim.bo.iskeyword = '@,48-57,_'

-- Colours, where the parser has been built (see docs/editors.md).
pcall(vim.treesitter.start)

vim.b.undo_ftplugin = (vim.b.undo_ftplugin and vim.b.undo_ftplugin .. '|' or '')
  .. 'setlocal commentstring< comments< expandtab< shiftwidth< softtabstop< iskeyword<'
