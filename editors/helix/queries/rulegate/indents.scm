; Written by editors/queries.mjs.

[
  (block_body)
  (rule_body)
  (check_body)
  (test_body)
  (columns)
  (record)
  (members)
  (union_type)
  (value_list)
  (list_literal)
  (arguments)
  (call)
  (parenthesized_expression)
] @indent

["}" ")" "]"] @outdent
