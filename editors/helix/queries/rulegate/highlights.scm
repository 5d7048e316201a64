; Written by editors/queries.mjs.

; Every pattern stands for nodes that no other takes, so the order does not matter (editors differ in which of two wins).

; Comments and texts

(comment) @comment
(doc_comment) @comment.documentation

(string) @string
(escape_sequence) @constant.character.escape
(placeholder) @string.special

(regex) @string.regexp

; Literals

[(integer) (percent)] @constant.numeric
(float) @constant.numeric.float
(duration) @constant.numeric
(boolean) @constant.builtin.boolean
(null) @constant.builtin
(typed_literal ["date" "timestamp" "time"] @type.builtin)

; Words that start items

["rulegate" "import" "param" "set" "type" "extern" "test" "features" "output"] @keyword
["key" "let" "rule" "check" "waive" "observe" "example" "fields" "fallback" "columns"] @keyword
"function" @keyword.function

; Words inside items

["from" "column" "for" "when" "expect" "message" "where" "by" "until" "because" "buckets" "given" "with" "row" "rows"] @keyword
["unique" "increasing" "each" "reference" "pass" "only" "fail" "unknown" "reason"] @keyword
["case" "then" "else" "end"] @keyword.control.conditional

["and" "or" "not" "in" "is" "between" "like" "matches" "distinct" "div" "mod" "as"] @keyword.operator
(test_of_value "null" @constant.builtin)
(comparison "null" @constant.builtin)

(quantifier ["any" "all"] @function.builtin)
(cast_expression ["cast" "try_cast"] @function.builtin)

; Names that are declared

(features_block name: (_) @type)
(output_block name: (_) @type)
(type_definition name: (_) @type)
(param name: (_) @variable.parameter)
(set name: (_) @constant)
(extern_function name: (_) @function)
(parameter name: (_) @variable.parameter)
(let name: (_) @variable)
(rule name: (_) @function)
(check name: (_) @function)
(example name: (_) @constant)
(field name: (_) @variable.other.member)
(member name: (_) @variable.other.member)
(column name: (_) @variable.other.member)
(entry name: (_) @variable.other.member)
(quantifier item: (_) @variable)

; Names that are used

(features_block source: (_) @variable.other.member)
(output_block source: (_) @variable.other.member)
(test block: (_) @type)
(key [(identifier) (quoted_name)] @variable.other.member)
(reference [(identifier) (quoted_name)] @variable)
(set_reference [(identifier) (quoted_name)] @constant)
(parameter_reference "$" @punctuation.special)
(parameter_reference [(identifier) (quoted_name)] @variable.parameter)
(member_access member: (_) @variable.other.member)
(call function: (_) @function)
(measure function: (_) @function)
(predicate function: (_) @function)
(rule_path [(identifier) (quoted_name)] @label)
(given example: (_) @constant)
(expectation [(identifier) (quoted_name)] @constant)
(named_argument name: (_) @variable.parameter)

; Types

((named_type (identifier) @type.builtin)
  (#any-of? @type.builtin
    "bool" "int8" "int16" "int32" "int64" "int" "uint8" "uint16" "uint32" "uint64" "float32" "float64" "float" "number" "decimal"
    "string" "binary" "date" "time" "timestamp" "duration"))
((named_type (identifier) @type)
  (#not-any-of? @type
    "bool" "int8" "int16" "int32" "int64" "int" "uint8" "uint16" "uint32" "uint64" "float32" "float64" "float" "number" "decimal"
    "string" "binary" "date" "time" "timestamp" "duration"))
(named_type (quoted_name) @type)
["list" "vector" "map" "struct" "enum" "one_of" "decimal" "local"] @type.builtin
(timestamp_type "timestamp" @type.builtin)
(union_type discriminator: (_) @variable.other.member)
(optional_type "?" @punctuation.special)

; Attributes

(attribute "@" @attribute)
(attribute name: (_) @attribute)

; Operators and punctuation

["=" "!=" "<>" "<" "<=" ">" ">=" "+" "-" "||" "*"] @operator
(binary_expression "/" @operator)
["(" ")" "[" "]" "{" "}"] @punctuation.bracket
["," ":" "."] @punctuation.delimiter
