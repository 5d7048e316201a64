; Names of fields and lets are seen in their block; what a quantifier binds, in its condition.

(source_file) @local.scope
(features_block) @local.scope
(output_block) @local.scope
(quantifier) @local.scope

(param name: (_) @local.definition.parameter)
(set name: (_) @local.definition.constant)
(type_definition name: (_) @local.definition.type)
(field name: (_) @local.definition.field)
(column name: (_) @local.definition.field)
(let name: (_) @local.definition.var)
(quantifier item: (_) @local.definition.var)

(reference (_) @local.reference)
(set_reference (_) @local.reference)
(parameter_reference (_) @local.reference)
(named_type (_) @local.reference)
(key [(identifier) (quoted_name)] @local.reference)
