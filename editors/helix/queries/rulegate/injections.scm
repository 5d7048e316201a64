; Written by editors/queries.mjs.

((regex_pattern) @injection.content
  (#set! injection.language "regex"))

; A raw response of an output block.
((given (string (raw_string_content) @injection.content))
  (#set! injection.language "json"))
