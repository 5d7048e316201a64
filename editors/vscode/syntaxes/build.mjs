// Writes rulegate.tmLanguage.json. TextMate patterns repeat themselves; here each part is named once.
//
//   node syntaxes/build.mjs            writes the file
//   node syntaxes/build.mjs --check    fails if the file is not what this would write

import { readFileSync, writeFileSync } from 'node:fs';

const NAME = '(?:`[^`]+`|[A-Za-z_]\\w*)';
const PATH = `${NAME}(?:\\s*\\.\\s*${NAME})*`;
const UNIT = '(?:(?:nano|micro|milli)?seconds?|minutes?|hours?|days?|weeks?|min|ms|us|ns|s|h|d)';
const DIGITS = '\\d(?:_?\\d)*';

// A word that is no part of a longer name, of a member, a parameter or an attribute.
const word = words => `(?<![\\w.$@\`])(?:${words})(?!\\w)`;
// An item begins here: what is left open ends before it.
const START = '^(?:features|output|test|import|extern|rulegate)\\s+["`\\w]';
const ITEM = '^\\s*(?:rule|check|let|waive|observe|example)\\s+(?!(?:and|or|not|in|is|between|like|matches|when|then|else|end)\\b)[`A-Za-z_]';

const scope = name => `${name}.rulegate`;
// Scopes of captures 1, 2, …; a single name is that of the whole match.
const named = names => (typeof names === 'string' ? { 0: { name: scope(names) } } : numbered(names));
const numbered = names => Object.fromEntries(names.map((name, index) => [index + 1, { name: scope(name) }]));
const include = (...names) => names.map(name => ({ include: `#${name}` }));

const match = (name, pattern) => ({ name: scope(name), match: pattern });
const region = (name, begin, starts, end, ends, patterns) => ({
  ...(name && { name: scope(name) }), begin, beginCaptures: named(starts), end, endCaptures: named(ends), patterns,
});

// The type behind a colon, `=` or `as`: one, then the region is over. `begin` ends in no character that a type ends in.
const typed = (begin, starts) => region(null, begin, starts, '(?<=[\\w>)}?`])|(?=[^\\s\\w`/]|\\d|/[^/*])|(?=' + START + ')', [], include('comments', 'type'));
const HEAD = '(?:\\G|^(?!(?:features|output|test|import|extern|rulegate)\\s+["`\\w]))\\s*';

// The slash behind these words begins a pattern, not a division.
const before_regex = (begin, starts) => region(null, begin, starts, '(?=[^\\s/])|(?<=[^*]/)', [], include('comments', 'regex'));

const braces = (begin, starts, inside) => region(null, begin, starts, '(\\})|(?=' + START + ')', ['punctuation.section.braces.end'], inside);

const grammar = {
  name: 'Rulegate',
  scopeName: 'source.rulegate',
  fileTypes: ['rules'],
  firstLineMatch: '^\\x{feff}?rulegate[ \\t]+\\d+',
  patterns: include('comments', 'version', 'import', 'param', 'set', 'type-definition', 'extern', 'block', 'test', 'values'),
  repository: {
    comments: {
      patterns: [
        region('comment.line.documentation', '///', [], '(?=\\r?$)', [], []),
        match('comment.line.double-slash', '//[^\\r\\n]*'),
        region('comment.block', '/\\*', [], '\\*/', [], []),
      ],
    },

    // ---- items of a file ------------------------------------------------------------------------------------

    version: { match: '^\\s*(rulegate)\\s+(\\d+)\\b', captures: named(['keyword.control.version', 'constant.numeric.version']) },
    import: { match: `${word('import')}(?=\\s*("|$))`, name: scope('keyword.control.import') },
    param: typed(`(?<![\\w$@.])(param)\\s+(${NAME})\\s*(:)`, ['keyword.declaration.param', 'variable.parameter', 'punctuation.separator.type']),
    set: {
      patterns: [
        {
          match: `(?<![\\w$@.])(set)\\s+(${NAME})(?:\\s+(from))?(?!\\w)`,
          captures: named(['keyword.declaration.set', 'variable.other.constant.set', 'keyword.control.from']),
        },
        match('keyword.control.column', `${word('column')}(?=\\s*("|$))`),
      ],
    },
    'type-definition': typed(`(?<![\\w$@.])(type)\\s+(${NAME})\\s*(=)`, ['keyword.declaration.type', 'entity.name.type', 'keyword.operator.assignment']),
    extern: {
      patterns: [
        region(
          null, `(?<![\\w$@.])(extern)\\s+(function)\\s+(${NAME})\\s*(\\()`,
          ['keyword.declaration.extern', 'keyword.declaration.function', 'entity.name.function', 'punctuation.section.parens.begin'],
          `(\\))|(?=${START})`, ['punctuation.section.parens.end'], include('comments', 'member', 'comma'),
        ),
        typed('(?<=\\))\\s*(:)', ['punctuation.separator.type']),
      ],
    },
    block: region(
      'meta.block',
      `(?<![\\w$@.])(features|output)\\s+(${NAME})(?:\\s+(from)\\s+(${NAME}))?`,
      ['keyword.declaration.block', 'entity.name.type.block', 'keyword.control.from', 'variable.other.column'],
      `(?<=\\})|(?=${START})`, [],
      [
        ...include('comments', 'attribute'),
        braces('\\{', 'punctuation.section.braces.begin', include('items', 'clauses', 'constraints', 'values')),
        { match: `(?<!\\w)(from)\\s+(${NAME})`, captures: named(['keyword.control.from', 'variable.other.column']) },
      ],
    ),
    test: region(
      'meta.test',
      '(?<![\\w$@.])(test)(?=\\s*")', ['keyword.declaration.test'], `(?<=\\})|(?=${START})`, [],
      [
        ...include('comments', 'string'),
        { match: `(?<!\\w)(for)(?:\\s+(${NAME}))?`, captures: named(['keyword.control.for', 'entity.name.type.block']) },
        braces('\\{', 'punctuation.section.braces.begin', include('test-lines')),
      ],
    ),
    'test-lines': {
      patterns: [
        ...include('comments', 'string', 'record', 'number'),
        { match: '(?<!\\w)(given)\\s+(row)(?=\\s+\\d)', captures: named(['keyword.control.given', 'keyword.control.row']) },
        { match: `(?<!\\w)(given)\\s+(${NAME})`, captures: named(['keyword.control.given', 'variable.other.constant.example']) },
        { match: `(?<!\\w)(expect)\\s+(reason)\\s+(${NAME})`, captures: named(['keyword.control.expect', 'keyword.control.verdict', 'constant.other.reason']) },
        region(
          null, '(?<!\\w)(expect)\\s+(?:(only)\\s+)?(fail|unknown)(?!\\w)',
          ['keyword.control.expect', 'keyword.control.only', 'keyword.control.verdict'],
          '(?<!\\w)(?=(?:given|expect)\\s)|(?=\\})|(?=' + START + ')', [],
          [...include('comments', 'comma'), match('entity.name.function.rule', PATH)],
        ),
        match('keyword.control.verdict', word('pass|fallback')),
        match('keyword.control', word('given|expect|from|with|row')),
      ],
    },

    // ---- items of a block -----------------------------------------------------------------------------------

    items: {
      patterns: [
        ...include('comments'),
        {
          match: `(?<![\\w$@.])(rule|check)\\s+(${NAME})`,
          captures: named(['keyword.declaration.rule', 'entity.name.function.rule']),
        },
        {
          match: `(?<![\\w$@.])(let)\\s+(${NAME})\\s*(=)`,
          captures: named(['keyword.declaration.let', 'variable.other.let', 'keyword.operator.assignment']),
        },
        {
          match: `(?<![\\w$@.])(waive)\\s+(${PATH})`,
          captures: named(['keyword.declaration.waive', 'entity.name.function.rule']),
        },
        { match: `(?<![\\w$@.])(key)\\s+(?=${NAME})(?!${NAME}\\s*:)`, captures: named(['keyword.declaration.key']) },
        { match: `(?<![\\w$@.])(observe)\\s+(?=[\`A-Za-z_])`, captures: named(['keyword.declaration.observe']) },
        match('keyword.declaration', '^\\s*(?:key|let|rule|check|waive|observe|example)(?=\\s*$)'),
        match('keyword.control.buckets', `${word('buckets')}(?=\\s*(?:\\(|$))`),
        match('keyword.control.because', `${word('because')}(?=\\s*(?:"|$))`),
        match('keyword.control', `${word('until|where')}(?=\\s+["\`\\w($-])`),
        {
          begin: `(?<![\\w$@.])(example)\\s+(${NAME})(?=\\s*\\{)`,
          beginCaptures: named(['keyword.declaration.example', 'variable.other.constant.example']),
          end: '(?<=\\})|(?=[^\\s{/])', patterns: include('comments', 'record'),
        },
        {
          begin: '(?<![\\w$@.])(fallback)(?=\\s*\\{)', beginCaptures: named(['keyword.declaration.fallback']),
          end: '(?<=\\})|(?=[^\\s{/])', patterns: include('comments', 'record'),
        },
        {
          begin: '(?<![\\w$@.])(columns)(?=\\s*\\{)', beginCaptures: named(['keyword.declaration.columns']),
          end: '(?<=\\})|(?=[^\\s{/])', patterns: include('comments', 'members'),
        },
        before_regex('(?<![\\w$@.])(fields)(?=\\s*(?:/|$))', ['keyword.declaration.fields']),
        typed('(?<=/)\\s*(:)', ['punctuation.separator.type']),
        ...include('member'),
      ],
    },
    // `name : type`, in blocks, structs, columns and extern functions.
    member: typed(`(?<![\\w$@.\`])(${NAME})\\s*(:)`, ['variable.other.property', 'punctuation.separator.type']),
    members: braces('\\{', 'punctuation.section.braces.begin', include('comments', 'member', 'constraints', 'values')),

    // The body of a rule or check.
    clauses: {
      patterns: [
        braces('\\{', 'punctuation.section.braces.begin', [
          ...include('comments', 'message'),
          match('keyword.control', word('when|expect|where|by')),
          ...include('values'),
        ]),
      ],
    },
    message: region(
      null, `${word('message')}(?=\\s*(?:"|$|/[/*]))`, 'keyword.control.message', '(?<=")|(?=[^\\s"/])', [],
      [...include('comments'), region('string.quoted.triple', '"""', 'punctuation.definition.string.begin', '"""', 'punctuation.definition.string.end', include('placeholder')),
        region('string.quoted.double', '"', 'punctuation.definition.string.begin', '(")|(?=$)', ['punctuation.definition.string.end'], include('placeholder', 'escape'))],
    ),
    placeholder: {
      patterns: [
        match('constant.character.escape.brace', '\\{\\{|\\}\\}'),
        {
          match: '(\\{)([^{}"\\\\]*)(\\})', name: scope('meta.template.expression'),
          captures: named(['punctuation.definition.template-expression.begin', 'variable.other.placeholder', 'punctuation.definition.template-expression.end']),
        },
      ],
    },

    // ---- constraints ----------------------------------------------------------------------------------------

    constraints: {
      patterns: [
        match('keyword.other.constraint', `${word('unique|increasing|each')}(?!\\s*\\()`),
        { match: '(?<!\\w)(in)\\s+(reference)(?=\\s*\\()', captures: named(['keyword.operator.word', 'keyword.other.constraint']) },
        match('support.function.constraint', `${word('is_[a-z0-9_]+|no_[a-z_]+|not_blank|trimmed|finite')}(?!\\s*[(:=<>!])`),
        match(
          'support.function.constraint',
          `(?<=\\w|[?>)},]|\\s)${word('length|byte_length|word_count|norm|dims|distinct_count')}(?=\\s*(?:[<>=!]|(?:not\\s+)?(?:between|in)\\b))`,
        ),
        match('keyword.control.when', word('when')),
      ],
    },
    attribute: {
      patterns: [
        {
          match: '(@)\\s*([A-Za-z_]\\w*)',
          captures: { 1: { name: scope('punctuation.definition.annotation') }, 2: { name: scope('storage.type.annotation') } },
          name: scope('meta.annotation'),
        },
        ...include('parens'),
      ],
    },

    // ---- types ----------------------------------------------------------------------------------------------
    // Only behind what begins the region, on its line or on one below.

    type: {
      patterns: [
        region(
          null, `${HEAD}(list|vector|map)\\s*(<)`, ['support.type', 'punctuation.definition.typeparameters.begin'],
          '(>)(?:[ \\t]*(\\?))?|(?=[^\\s\\w<>,?(){}/`":]|' + START + ')', ['punctuation.definition.typeparameters.end', 'keyword.operator.optional'],
          [...include('comments', 'number'), typed('(?<=<)(?=\\s*[A-Za-z_`])', []), typed('(,)', ['punctuation.separator.comma'])],
        ),
        {
          begin: HEAD + '(struct)(?=\\s*\\{)', beginCaptures: named(['support.type']),
          end: '(?<=\\})(\\?)?|(?=[^\\s{/])', endCaptures: named(['keyword.operator.optional']), patterns: include('comments', 'members'),
        },
        region(
          null, `${HEAD}(one_of)\\s*(\\()\\s*(${NAME})\\s*(\\))`,
          ['support.type', 'punctuation.section.parens.begin', 'variable.other.property', 'punctuation.section.parens.end'],
          '(?<=\\})(\\?)?|(?=[^\\s{/])', ['keyword.operator.optional'],
          [...include('comments'), braces('\\{', 'punctuation.section.braces.begin', [...include('comments', 'string', 'members', 'comma'), match('punctuation.separator.colon', ':')])],
        ),
        {
          match: `${HEAD}(timestamp)\\s*(\\()\\s*(local)\\s*(\\))(\\?)?`,
          captures: named([
            'support.type', 'punctuation.section.parens.begin', 'support.type', 'punctuation.section.parens.end', 'keyword.operator.optional',
          ]),
        },
        {
          begin: HEAD + '(enum|decimal|timestamp)(?=\\s*\\()', beginCaptures: named(['support.type']),
          end: '(?<=\\))(\\?)?|(?=[^\\s(/])', endCaptures: named(['keyword.operator.optional']),
          patterns: include('comments', 'parens'),
        },
        {
          match: HEAD + '(bool|u?int(?:8|16|32|64)|int|float(?:32|64)?|number|decimal|string|binary|date|time|timestamp|duration)(?!\\w)(\\?)?',
          captures: named(['support.type', 'keyword.operator.optional']),
        },
        { match: `${HEAD}(${NAME})(\\?)?`, captures: named(['entity.name.type', 'keyword.operator.optional']) },
      ],
    },

    // ---- values ---------------------------------------------------------------------------------------------

    values: {
      patterns: include('comments', 'string', 'number', 'attribute', 'matches', 'parens', 'brackets', 'record', 'literal', 'operators', 'call', 'name', 'comma'),
    },
    string: {
      patterns: [
        region('string.quoted.triple', '"""', 'punctuation.definition.string.begin', '"""', 'punctuation.definition.string.end', []),
        region(
          'string.quoted.double', '"', 'punctuation.definition.string.begin', '(")|(?=$)', ['punctuation.definition.string.end'],
          include('escape'),
        ),
      ],
    },
    escape: {
      patterns: [
        match('constant.character.escape', '\\\\(?:["\\\\/nrt0]|u\\{[0-9A-Fa-f]{1,6}\\}|u[0-9A-Fa-f]{4})'),
        match('invalid.illegal.escape', '\\\\.'),
      ],
    },
    regex: {
      match: '(/)((?:[^/\\\\\\r\\n]|\\\\.)+)(/)',
      name: scope('string.regexp'),
      captures: {
        1: { name: scope('punctuation.definition.string.begin') },
        2: {
          patterns: [
            match('constant.character.escape', '\\\\(?:[pP](?:\\{[^}]*\\}|.)|x\\{[0-9A-Fa-f]+\\}|x[0-9A-Fa-f]{2}|.)'),
            match('keyword.operator.quantifier.regexp', '[?*+]|\\{\\d+(?:,\\d*)?\\}'),
            match('constant.other.character-class.regexp', '\\[\\^?|\\]'),
            match('punctuation.definition.group.regexp', '\\((?:\\?(?:P?<\\w+>|[a-zA-Z-]*:|[a-zA-Z-]*(?=\\))))?|\\)'),
            match('keyword.operator.or.regexp', '\\|'),
          ],
        },
        3: { name: scope('punctuation.definition.string.end') },
      },
    },
    number: {
      patterns: [
        {
          match: `(?<![\\w])(${DIGITS}(?:\\.${DIGITS})?) ?(${UNIT})(?!\\w)(?! *[:(])`,
          captures: named(['constant.numeric.duration', 'keyword.other.unit']),
        },
        match('constant.numeric.percent', `(?<!\\w)${DIGITS}(?:\\.${DIGITS})?%`),
        match('constant.numeric.float', `(?<!\\w)${DIGITS}(?:\\.${DIGITS}(?:[eE][+-]?\\d+)?|[eE][+-]?\\d+)(?!\\w)`),
        match('constant.numeric.integer', `(?<!\\w)${DIGITS}(?!\\w)`),
      ],
    },
    matches: {
      patterns: [
        before_regex('(?<![\\w$@.`])(matches)(?!\\w)(?=\\s*(?:/|$))', ['keyword.operator.word']),
        // A pattern behind the comma of an argument list.
        before_regex('(,)(?=\\s*(?:/|$))', ['punctuation.separator.comma']),
      ],
    },
    parens: region(
      null, '\\(', 'punctuation.section.parens.begin', `(\\))|(?=${START})|(?=${ITEM})`, ['punctuation.section.parens.end'],
      [
        before_regex('\\G(?=\\s*(?:/|$))', []),
        match('keyword.other.rows', '(?<=\\d)\\s+rows?(?=\\s*[,)])'),
        typed('(?<![\\w.$@`])(as)\\s+', ['keyword.operator.word']),
        { match: `(?<![\\w$@.\`])(?<!\\sin\\s)(${NAME})\\s*(:)`, captures: named(['variable.parameter', 'punctuation.separator.key-value']) },
        match('keyword.control.conditional', word('when')),
        ...include('values'),
      ],
    ),
    brackets: region(
      null, '\\[', 'punctuation.section.brackets.begin', `(\\])|(?=${START})|(?=${ITEM})`, ['punctuation.section.brackets.end'],
      include('values'),
    ),
    record: braces('\\{', 'punctuation.section.braces.begin', [
      ...include('comments'),
      { match: `(?<![\\w$@.\`])(${NAME})\\s*(:)`, captures: named(['variable.other.property', 'punctuation.separator.key-value']) },
      ...include('values'),
    ]),
    literal: {
      patterns: [
        match('constant.language', word('true|false|null')),
        match('support.type.literal', `${word('date|timestamp|time')}(?=\\s*")`),
      ],
    },
    operators: {
      patterns: [
        { match: '(?<![\\w$@.`])(is)(?:\\s+(not))?\\s+(distinct)\\s+(from)(?!\\w)', name: scope('keyword.operator.word') },
        {
          match: `(?<![\\w$@.\`])(in)\\s+(?!reference\\s*\\()(${NAME})(?!\\w)(?!\\s*[:(.\\[])`,
          captures: named(['keyword.operator.word', 'variable.other.constant.set']),
        },
        match('keyword.operator.word', word('and|or|not|in|is|between|like|matches')),
        match('keyword.operator.word', '(?<=[\\w)\\]`]\\s)(?:div|mod)(?=\\s+[\\w(`$-])'),
        match('keyword.control.conditional', word('case|when|then|else|end')),
        match('keyword.operator.comparison', '<=|>=|!=|<>|=|<|>'),
        match('keyword.operator.arithmetic', '\\|\\||[-+*/]'),
        match('punctuation.accessor', '\\.'),
        match('punctuation.separator.colon', ':'),
      ],
    },
    call: {
      patterns: [
        match('support.function.quantifier', `${word('any|all|cast|try_cast')}(?=\\s*\\()`),
        match('entity.name.function.call', `${word('[A-Za-z_]\\w*')}(?=\\s*\\()`),
      ],
    },
    name: {
      patterns: [
        { match: `(\\$)\\s*(${NAME})`, captures: named(['punctuation.definition.variable', 'variable.parameter']) },
        match('variable.other.quoted', '`[^`\\r\\n]+`'),
        match('variable.other.member', '(?<=\\.)[A-Za-z_]\\w*'),
        match('variable.other.column', '[A-Za-z_]\\w*'),
      ],
    },
    comma: match('punctuation.separator.comma', ','),
  },
};

const target = new URL('rulegate.tmLanguage.json', import.meta.url);
const text = `${JSON.stringify(grammar, null, 2)}\n`;
if (!process.argv.includes('--check')) {
  writeFileSync(target, text);
} else if (readFileSync(target, 'utf8') !== text) {
  console.error('rulegate.tmLanguage.json is stale: run `npm run grammar`');
  process.exit(1);
}
