-- `vim.lsp.enable('rulegate')` in init.lua starts it.
return {
  cmd = { 'rulegate', 'lsp' },
  filetypes = { 'rulegate' },
  root_markers = { 'rulegate.toml', '.git' },
}
