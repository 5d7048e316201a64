/**
 * @file Rulegate rule files, version 1, for tree-sitter.
 *
 * The reference is grammar/rules.pest and src/syntax/scan.rs of this repository; `test/agree.mjs` holds this grammar against them.
 * What the engine's scanner decides (where an item starts, where a regex may stand, what is a number's unit) is decided by
 * src/scanner.c here, with the same rules: the words that start items, names of fields, brackets, numbers and texts are its tokens.
 */

/// <reference types="tree-sitter-cli/dsl" />
// @ts-check

/** Words that an expression cannot use as names, unless in back-ticks. */
const RESERVED = [
  'and', 'or', 'not', 'in', 'is', 'between', 'like', 'matches', 'null', 'true', 'false', 'case', 'when', 'then', 'else', 'end',
];

module.exports = grammar({
  name: 'rulegate',

  word: $ => $.identifier,

  extras: $ => [/[ \t\r\n]/, $.comment, $.doc_comment],

  // In the order of `enum TokenType` in src/scanner.c.
  externals: $ => [
    $.comment,
    $.doc_comment,
    // Words that start an item where the layout rule says so; the order is that of the tables in the scanner.
    $._k_rulegate, $._k_import, $._k_param, $._k_set, $._k_type, $._k_extern, $._k_features, $._k_output, $._k_test,
    $._k_key, $._k_let, $._k_rule, $._k_check, $._k_waive, $._k_observe, $._k_example, $._k_fields, $._k_fallback, $._k_columns,
    $._field_word,
    $._field_quoted,
    $._block_open,
    $._block_close,
    '(', ')', '[', ']', '{', '}',
    $._constraint_comma,
    $.integer,
    $.float,
    $.percent,
    $._duration_number,
    $.unit,
    $._string_start,
    $.string_content,
    $.escape_sequence,
    $.placeholder,
    $._string_end,
    $._raw_start,
    $.raw_string_content,
    $._raw_end,
    $._regex_start,
    $.regex_pattern,
    $._regex_end,
    // Never produced; that they are valid tells the scanner what stands before.
    $._after_start,
    $._after_at,
    $._after_mark,
    $._unclosed,
    $._error_sentinel,
  ],

  reserved: {
    global: _ => [],
    operand: _ => RESERVED,
  },

  conflicts: $ => [
    // any(x in l: …) is told from any(x in l) by the colon.
    [$.reference, $.quantifier],
    // `list < 5` is a type called list and a test.
    [$.list_type, $.named_type],
    [$.vector_type, $.named_type],
    [$.map_type, $.named_type],
  ],

  supertypes: $ => [$.expression, $.type],

  inline: $ => [$._call_name, $._expression_list],

  rules: {
    source_file: $ => repeat(choice(
      $.version,
      $.import,
      $.param,
      $.set,
      $.type_definition,
      $.extern_function,
      $.features_block,
      $.output_block,
      $.test,
    )),

    // ---- items of a file ----------------------------------------------------------------------------------

    version: $ => seq(start($._k_rulegate, 'rulegate'), $.integer),

    import: $ => seq(start($._k_import, 'import'), field('path', $.string)),

    param: $ => seq(
      start($._k_param, 'param'), field('name', $._name), ':', field('type', $.type), optional(seq('=', field('value', $.expression))),
    ),

    set: $ => seq(
      start($._k_set, 'set'), after_start($), field('name', $._name),
      choice(
        seq('from', field('path', $.string), optional(seq('column', field('column', $.string)))),
        seq('=', field('values', $.value_list)),
      ),
    ),

    type_definition: $ => seq(start($._k_type, 'type'), field('name', $._name), '=', $._field_body),

    extern_function: $ => seq(
      start($._k_extern, 'extern'), 'function', field('name', $._name), '(', comma_list($.parameter), ')', ':', field('result', $.type),
    ),

    parameter: $ => seq(field('name', $._name), ':', field('type', $.type)),

    features_block: $ => seq(start($._k_features, 'features'), after_start($), $._block),

    output_block: $ => seq(start($._k_output, 'output'), after_start($), $._block),

    _block: $ => seq(
      field('name', $._name), optional(seq('from', field('source', $._name))), repeat($.attribute), field('body', $.block_body),
    ),

    block_body: $ => seq(
      alias($._block_open, '{'),
      repeat(choice(
        $.key,
        $.field,
        $.fields_pattern,
        $.let,
        $.rule,
        $.check,
        $.waiver,
        $.observe,
        $.example,
        $.fallback,
        $.columns,
      )),
      alias($._block_close, '}'),
    ),

    // ---- items of a block ---------------------------------------------------------------------------------

    key: $ => seq(start($._k_key, 'key'), after_start($), $._name, repeat(seq(',', $._name)), optional(',')),

    field: $ => seq(
      field('name', choice(alias($._field_word, $.identifier), alias($._field_quoted, $.quoted_name))), ':', $._field_body,
    ),

    fields_pattern: $ => seq(start($._k_fields, 'fields'), field('pattern', $.regex), ':', $._field_body),

    _field_body: $ => seq(field('type', $.type), repeat($.attribute), optional($.constraints), optional(',')),

    let: $ => seq(start($._k_let, 'let'), field('name', $._name), '=', field('value', $.expression)),

    rule: $ => seq(
      start($._k_rule, 'rule'), after_start($), field('name', $._name), repeat($.attribute),
      choice(seq(':', field('condition', $.expression)), field('body', $.rule_body)),
    ),

    rule_body: $ => seq('{', optional($.when_clause), $.expect_clause, optional($.message_clause), '}'),

    check: $ => seq(
      start($._k_check, 'check'), after_start($), field('name', $._name), repeat($.attribute),
      choice(seq(':', field('condition', $.expression)), field('body', $.check_body)),
    ),

    check_body: $ => seq(
      '{', optional($.where_clause), optional($.by_clause), $.expect_clause, optional($.message_clause), '}',
    ),

    when_clause: $ => seq('when', $.expression),
    expect_clause: $ => seq('expect', $.expression),
    message_clause: $ => seq('message', choice(alias($.message_string, $.string), alias($._raw_string, $.string))),
    where_clause: $ => seq('where', $.expression),
    by_clause: $ => seq('by', $._arithmetic, repeat(seq(',', $._arithmetic))),

    waiver: $ => seq(
      start($._k_waive, 'waive'), after_start($), $.rule_path,
      optional($.until_clause), optional($.because_clause), optional($.where_clause),
    ),
    until_clause: $ => seq('until', $.expression),
    because_clause: $ => seq('because', $.string),

    rule_path: $ => seq($._name, repeat(seq('.', optional($._after_mark), $._name))),

    observe: $ => seq(start($._k_observe, 'observe'), after_start($), $._arithmetic, optional(seq('buckets', $.value_list))),

    example: $ => seq(start($._k_example, 'example'), after_start($), field('name', $._name), $.record),

    fallback: $ => seq(start($._k_fallback, 'fallback'), $.record),

    columns: $ => seq(start($._k_columns, 'columns'), '{', comma_list($.column), '}'),

    column: $ => seq(field('name', $._name), ':', field('type', $.type)),

    // ---- tests --------------------------------------------------------------------------------------------

    test: $ => seq(start($._k_test, 'test'), field('name', $.string), 'for', field('block', $._name), field('body', $.test_body)),

    test_body: $ => seq('{', repeat(choice($.given, $.expectation)), '}'),

    given: $ => seq('given', choice(
      seq('row', $.integer, 'from', field('path', $.string)),
      repeat1($.record),
      $.string,
      seq(field('example', choice($._name, alias('row', $.identifier))), optional(seq('with', $.record))),
    )),

    expectation: $ => seq('expect', choice(
      'pass',
      seq(optional('only'), 'fail', $._rule_paths),
      seq('unknown', $._rule_paths),
      seq('reason', $._name),
      'fallback',
    )),

    _rule_paths: $ => seq($.rule_path, repeat(seq(',', $.rule_path))),

    // ---- constraints --------------------------------------------------------------------------------------

    // The comma that ends a member of a struct is another token than the one between constraints.
    constraints: $ => seq($.constraint, repeat(seq(alias($._constraint_comma, ','), $.constraint))),

    constraint: $ => prec.right(seq($._constraint_body, optional($.when_clause), repeat($.attribute))),

    _constraint_body: $ => choice(
      $.each,
      $.in_reference,
      alias($._tail, $.test_of_value),
      'unique',
      'increasing',
      $.measure,
      $.predicate,
    ),

    each: $ => seq('each', $._constraint_body),

    in_reference: $ => seq('in', 'reference', '(', field('path', $.string), ',', field('column', $.string), ')'),

    measure: $ => seq(field('function', $._word), optional($.arguments), alias($._tail, $.test_of_value)),

    predicate: $ => prec.right(seq(field('function', $._word), optional($.arguments))),

    _word: $ => reserved('operand', $.identifier),

    // ---- attributes ---------------------------------------------------------------------------------------

    attribute: $ => prec.right(seq('@', optional($._after_at), field('name', $.identifier), optional($.arguments))),

    arguments: $ => seq('(', comma_list(choice($.row_bound, $.named_argument, $._argument)), ')'),

    row_bound: $ => seq($.integer, choice('rows', 'row')),

    named_argument: $ => seq(field('name', $._name), ':', field('value', $._argument)),

    _argument: $ => choice($.expression, $.regex),

    // ---- types --------------------------------------------------------------------------------------------

    type: $ => choice($.optional_type, $._type),

    optional_type: $ => seq($._type, '?'),

    _type: $ => choice(
      $.list_type, $.vector_type, $.map_type, $.struct_type, $.enum_type, $.union_type, $.decimal_type, $.timestamp_type, $.named_type,
    ),

    list_type: $ => seq('list', '<', $.type, '>'),
    vector_type: $ => seq('vector', '<', $.type, ',', $.integer, '>'),
    map_type: $ => seq('map', '<', $.type, ',', $.type, '>'),
    struct_type: $ => seq('struct', $.members),
    members: $ => seq('{', optional(seq($.member, repeat(seq(optional(','), $.member)), optional(','))), '}'),
    // Right: a word behind a type is a constraint, as in a field; a new member needs a comma there.
    member: $ => prec.right(seq(
      field('name', $._name), ':', field('type', $.type), repeat($.attribute), optional($.constraints),
    )),
    enum_type: $ => seq('enum', '(', $._expression_list, ')'),
    union_type: $ => seq('one_of', '(', field('discriminator', $._name), ')', '{', comma_list($.variant), '}'),
    variant: $ => seq(field('value', $.string), ':', $.members),
    decimal_type: $ => seq('decimal', '(', $.integer, ',', optional('-'), $.integer, ')'),
    timestamp_type: $ => seq('timestamp', '(', choice('local', $.string), ')'),
    named_type: $ => choice(
      $._name,
      alias(choice('list', 'vector', 'map', 'struct', 'enum', 'one_of', 'decimal', 'timestamp'), $.identifier),
    ),

    // ---- expressions --------------------------------------------------------------------------------------
    // Comparisons do not chain: their sides are arithmetic, not expressions.

    expression: $ => choice(
      $.or_expression,
      $.and_expression,
      $.not_expression,
      $.comparison,
      $._arithmetic,
    ),

    or_expression: $ => prec.left(1, seq(field('left', $.expression), 'or', field('right', $.expression))),

    and_expression: $ => prec.left(2, seq(field('left', $.expression), 'and', field('right', $.expression))),

    not_expression: $ => prec(3, seq('not', $.expression)),

    comparison: $ => prec(4, seq(field('left', $._arithmetic), $._tail)),

    _tail: $ => choice(
      seq(choice('=', '!=', '<>', '<', '<=', '>', '>='), $._arithmetic),
      seq(optional('not'), 'between', $._arithmetic, 'and', $._arithmetic),
      seq(optional('not'), 'in', choice($.value_list, $.set_reference)),
      seq(optional('not'), 'matches', $.regex),
      seq(optional('not'), 'like', $._arithmetic),
      seq('is', optional('not'), 'distinct', 'from', $._arithmetic),
      seq('is', optional('not'), 'null'),
    ),

    set_reference: $ => choice($._name, alias('reference', $.identifier)),

    value_list: $ => seq('(', comma_list($._argument), ')'),

    _arithmetic: $ => choice($.binary_expression, $._operand),

    binary_expression: $ => choice(
      prec.left(5, seq(field('left', $._arithmetic), choice('+', '-', '||'), field('right', $._arithmetic))),
      prec.left(6, seq(field('left', $._arithmetic), choice('*', '/', 'div', 'mod'), field('right', $._arithmetic))),
    ),

    _operand: $ => choice($.unary_expression, $._postfix),

    unary_expression: $ => seq('-', $._operand),

    _postfix: $ => choice($.member_access, $.index_access, $._primary),

    member_access: $ => seq(field('object', $._postfix), '.', optional($._after_mark), field('member', $._name)),

    index_access: $ => seq(field('object', $._postfix), '[', field('index', $.expression), ']'),

    _primary: $ => choice(
      $.integer,
      $.float,
      $.percent,
      $.duration,
      $.typed_literal,
      $.string,
      $.boolean,
      $.null,
      $.parameter_reference,
      $.parenthesized_expression,
      $.list_literal,
      $.record,
      $.case_expression,
      $.cast_expression,
      $.quantifier,
      $.call,
      $.reference,
    ),

    // The unit stands on the number's line, at most one space away.
    duration: $ => seq($._duration_number, $.unit),

    typed_literal: $ => seq(choice('date', 'timestamp', 'time'), $.string),

    boolean: _ => choice('true', 'false'),
    null: _ => 'null',

    parameter_reference: $ => seq('$', optional($._after_mark), $._name),

    parenthesized_expression: $ => seq('(', $._argument, ')'),

    list_literal: $ => seq('[', comma_list($._argument), ']'),

    record: $ => seq('{', comma_list($.entry), '}'),

    entry: $ => seq(field('name', $._name), ':', field('value', $.expression)),

    case_expression: $ => seq(
      'case', optional(field('subject', $.expression)), repeat1($.branch), optional(seq('else', $.expression)), 'end',
    ),

    branch: $ => seq('when', $.expression, 'then', $.expression),

    cast_expression: $ => seq(choice('cast', 'try_cast'), '(', $.expression, 'as', $.type, ')'),

    quantifier: $ => seq(
      choice('any', 'all'), '(', field('item', choice($.identifier, $.quoted_name)), 'in', field('list', $._arithmetic), ':',
      field('condition', $.expression), ')',
    ),

    call: $ => seq(field('function', $._call_name), '(', comma_list($._argument), ')'),

    _call_name: $ => choice(
      reserved('operand', $.identifier),
      $.quoted_name,
      alias(choice('date', 'timestamp', 'time', 'any', 'all', 'cast', 'try_cast', 'like', 'matches'), $.identifier),
    ),

    // A column, a `let`, or the item of a quantifier.
    reference: $ => choice(
      reserved('operand', $.identifier),
      $.quoted_name,
      alias(choice('date', 'timestamp', 'time', 'any', 'all', 'cast', 'try_cast'), $.identifier),
    ),

    _expression_list: $ => seq($._argument, repeat(seq(',', $._argument)), optional(',')),

    // ---- names and texts ----------------------------------------------------------------------------------

    _name: $ => choice($.identifier, $.quoted_name),

    identifier: _ => /[A-Za-z_][A-Za-z0-9_]*/,

    quoted_name: _ => /`[^`\r\n]+`/,

    string: $ => choice(
      seq(alias($._string_start, '"'), repeat(choice($.string_content, $.escape_sequence)), alias($._string_end, '"')),
      $._raw_string,
    ),

    // The text of a message: `{column}` is replaced, `{{` is a brace.
    message_string: $ => seq(
      alias($._string_start, '"'), repeat(choice($.string_content, $.escape_sequence, $.placeholder)), alias($._string_end, '"'),
    ),

    _raw_string: $ => seq(alias($._raw_start, '"""'), optional($.raw_string_content), alias($._raw_end, '"""')),

    regex: $ => seq(alias($._regex_start, '/'), $.regex_pattern, alias($._regex_end, '/')),
  },
});

/** A word that the scanner found to start an item. */
function start(token, word) {
  return alias(token, word);
}

/** Tells the scanner that an item's first word stands before, so that the next word starts nothing. */
function after_start($) {
  return optional($._after_start);
}

/** Separated by commas, one after the last allowed. */
function comma_list(rule) {
  return optional(seq(rule, repeat(seq(',', rule)), optional(',')));
}
