; Written by editors/queries.mjs.

; For jumps to names, and lists of them.

(features_block name: (_) @name) @definition.class
(output_block name: (_) @name) @definition.class
(type_definition name: (_) @name) @definition.type
(param name: (_) @name) @definition.constant
(set name: (_) @name) @definition.constant
(extern_function name: (_) @name) @definition.function
(rule name: (_) @name) @definition.function
(check name: (_) @name) @definition.function
(field name: (_) @name) @definition.field
(let name: (_) @name) @definition.constant

(call function: (_) @name) @reference.call
