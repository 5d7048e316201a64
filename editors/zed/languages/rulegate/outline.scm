; Written by editors/queries.mjs.

(features_block "features" @context name: (_) @name) @item
(output_block "output" @context name: (_) @name) @item
(type_definition "type" @context name: (_) @name) @item
(param "param" @context name: (_) @name) @item
(set "set" @context name: (_) @name) @item
(extern_function "extern" @context "function" @context name: (_) @name) @item
(field name: (_) @name) @item
(fields_pattern "fields" @context pattern: (_) @name) @item
(let "let" @context name: (_) @name) @item
(rule "rule" @context name: (_) @name) @item
(check "check" @context name: (_) @name) @item
(example "example" @context name: (_) @name) @item
(test "test" @context name: (_) @name) @item
