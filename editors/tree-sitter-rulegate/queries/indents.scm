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
  (parenthesized_expression)
  (call)
  (case_expression)
] @indent.begin

["}" ")" "]" "end"] @indent.branch @indent.end

[(comment) (raw_string_content)] @indent.auto
