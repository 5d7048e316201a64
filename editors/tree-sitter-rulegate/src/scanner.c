// What src/syntax/scan.rs of Rulegate decides with a look at the tokens around: where an item starts, where comments, texts and patterns
// end, what is a number's unit. Words that start nothing, and operators, are left to the generated lexer.

#include "tree_sitter/alloc.h"
#include "tree_sitter/parser.h"

#include <string.h>

// In the order of `externals` in grammar.js.
enum TokenType {
  COMMENT,
  DOC_COMMENT,
  START_RULEGATE,
  START_IMPORT,
  START_PARAM,
  START_SET,
  START_TYPE,
  START_EXTERN,
  START_FEATURES,
  START_OUTPUT,
  START_TEST,
  START_KEY,
  START_LET,
  START_RULE,
  START_CHECK,
  START_WAIVE,
  START_OBSERVE,
  START_EXAMPLE,
  START_FIELDS,
  START_FALLBACK,
  START_COLUMNS,
  FIELD_WORD,
  FIELD_QUOTED,
  BLOCK_OPEN,
  BLOCK_CLOSE,
  LEFT_PARENTHESIS,
  RIGHT_PARENTHESIS,
  LEFT_BRACKET,
  RIGHT_BRACKET,
  LEFT_BRACE,
  RIGHT_BRACE,
  CONSTRAINT_COMMA,
  INTEGER,
  FLOAT,
  PERCENT,
  DURATION_NUMBER,
  UNIT,
  STRING_START,
  STRING_CONTENT,
  ESCAPE_SEQUENCE,
  PLACEHOLDER,
  STRING_END,
  RAW_START,
  RAW_CONTENT,
  RAW_END,
  REGEX_START,
  REGEX_PATTERN,
  REGEX_END,
  AFTER_START,
  AFTER_AT,
  AFTER_MARK,
  UNCLOSED,
  ERROR_SENTINEL,
};

// The text a place stands in.
typedef enum { IN_NONE, IN_STRING, IN_RAW_STRING, IN_REGEX } Text;

typedef struct {
  // Brackets open around this place; that of the block it stands in is not counted.
  uint16_t depth;
  bool in_block;
  // Behind `features` or `output`: the next `{` opens the block.
  bool in_header;
  Text text;
} Scanner;

// What must follow an item's first word.
typedef enum { FOLLOW_NAME, FOLLOW_REGEX, FOLLOW_STRING, FOLLOW_NUMBER, FOLLOW_BRACE, FOLLOW_FUNCTION } Follow;

typedef struct {
  const char *word;
  Follow follow;
  // Starts over in the first column, whatever is open.
  bool starts_over;
} Start;

#define TOP_LEVEL_COUNT 9
static const Start TOP_LEVEL[TOP_LEVEL_COUNT] = {
    {"rulegate", FOLLOW_NUMBER, true},   {"import", FOLLOW_STRING, true}, {"param", FOLLOW_NAME, false},
    {"set", FOLLOW_NAME, false},         {"type", FOLLOW_NAME, false},    {"extern", FOLLOW_FUNCTION, true},
    {"features", FOLLOW_NAME, true},     {"output", FOLLOW_NAME, true},   {"test", FOLLOW_STRING, true},
};

#define IN_BLOCK_COUNT 10
static const Start IN_BLOCK[IN_BLOCK_COUNT] = {
    {"key", FOLLOW_NAME, false},     {"let", FOLLOW_NAME, false},     {"rule", FOLLOW_NAME, false},
    {"check", FOLLOW_NAME, false},   {"waive", FOLLOW_NAME, false},   {"observe", FOLLOW_NAME, false},
    {"example", FOLLOW_NAME, false}, {"fields", FOLLOW_REGEX, false}, {"fallback", FOLLOW_BRACE, false},
    {"columns", FOLLOW_BRACE, false},
};

static const char *const UNITS[] = {
    "nanoseconds", "nanosecond", "microseconds", "microsecond", "milliseconds", "millisecond", "seconds", "second",
    "minutes",     "minute",     "hours",        "hour",        "days",         "day",         "weeks",   "week",
    "min",         "ms",         "us",           "ns",          "s",            "h",           "d",
};

// Longer than any word that means something here.
#define WORD_SIZE 16

static bool is_digit(int32_t c) { return c >= '0' && c <= '9'; }
static bool is_letter(int32_t c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
static bool is_word(int32_t c) { return is_letter(c) || is_digit(c); }
static bool is_blank(int32_t c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
static bool is_hex(int32_t c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

static void advance(TSLexer *lexer) { lexer->advance(lexer, false); }

static bool found(TSLexer *lexer, enum TokenType type) {
  lexer->result_symbol = (TSSymbol)type;
  return true;
}

// Reads a word; one that is too long for the buffer comes out empty, as no word that means anything.
static void read_word(TSLexer *lexer, char word[WORD_SIZE]) {
  unsigned length = 0;
  while (is_word(lexer->lookahead)) {
    if (length < WORD_SIZE) word[length] = (char)lexer->lookahead;
    length++;
    advance(lexer);
  }
  word[length < WORD_SIZE ? length : 0] = 0;
}

// After `/*`: to the end of the comment. `newline` tells whether one was passed.
static bool skip_block_comment(TSLexer *lexer, bool *newline) {
  while (!lexer->eof(lexer)) {
    int32_t c = lexer->lookahead;
    advance(lexer);
    if (c == '\n') *newline = true;
    if (c == '*' && lexer->lookahead == '/') {
      advance(lexer);
      return true;
    }
  }
  return false;
}

static void skip_line(TSLexer *lexer) {
  while (!lexer->eof(lexer) && lexer->lookahead != '\n') advance(lexer);
}

// Looks for the next token beyond white space and comments; gives its first character, 0 at the end of the text. A `/` is told as `/`
// only if it begins no comment.
static int32_t peek_token(TSLexer *lexer) {
  for (;;) {
    while (is_blank(lexer->lookahead)) advance(lexer);
    if (lexer->eof(lexer)) return 0;
    if (lexer->lookahead != '/') return lexer->lookahead;
    advance(lexer);
    bool newline = false;
    if (lexer->lookahead == '/') {
      skip_line(lexer);
    } else if (lexer->lookahead == '*') {
      advance(lexer);
      if (!skip_block_comment(lexer, &newline)) return 0;
    } else {
      return '/';
    }
  }
}

static bool follows(TSLexer *lexer, Follow follow, int32_t next) {
  char word[WORD_SIZE];
  switch (follow) {
    case FOLLOW_NAME: return is_letter(next) || next == '`';
    case FOLLOW_REGEX: return next == '/';
    case FOLLOW_STRING: return next == '"';
    case FOLLOW_NUMBER: return is_digit(next);
    case FOLLOW_BRACE: return next == '{';
    case FOLLOW_FUNCTION:
      if (!is_letter(next)) return false;
      read_word(lexer, word);
      return strcmp(word, "function") == 0;
  }
  return false;
}

static const Start *find(const Start *table, unsigned count, const char *word) {
  for (unsigned i = 0; i < count; i++) {
    if (strcmp(table[i].word, word) == 0) return &table[i];
  }
  return NULL;
}

// The layout rule: reads a word or quoted name and what follows it, and tells which item starts there, or -1. `named` tells whether a
// colon follows, item or not. `mark` sets the token's end behind the word.
static int item_start(const Scanner *scanner, TSLexer *lexer, bool first_column, bool mark, bool *named) {
  *named = false;
  bool outermost = scanner->depth == 0;
  if (lexer->lookahead == '`') {
    do advance(lexer);
    while (!lexer->eof(lexer) && lexer->lookahead != '`' && lexer->lookahead != '\n' && lexer->lookahead != '\r');
    if (lexer->lookahead != '`') return -1;
    advance(lexer);
    if (mark) lexer->mark_end(lexer);
    *named = peek_token(lexer) == ':';
    return *named && scanner->in_block && outermost ? FIELD_QUOTED : -1;
  }
  char word[WORD_SIZE];
  read_word(lexer, word);
  if (mark) lexer->mark_end(lexer);
  int32_t next = peek_token(lexer);
  *named = next == ':';
  const Start *top = find(TOP_LEVEL, TOP_LEVEL_COUNT, word);
  if (top != NULL && ((first_column && top->starts_over) || (!scanner->in_block && outermost))) {
    if (follows(lexer, top->follow, next)) return START_RULEGATE + (int)(top - TOP_LEVEL);
  }
  if (!scanner->in_block || !outermost) return -1;
  if (*named) return FIELD_WORD;
  const Start *start = find(IN_BLOCK, IN_BLOCK_COUNT, word);
  if (start != NULL && follows(lexer, start->follow, next)) return START_KEY + (int)(start - IN_BLOCK);
  return -1;
}

// Behind the first slash, at the second or the star.
static bool scan_comment(TSLexer *lexer) {
  if (lexer->lookahead == '*') {
    bool newline = false;
    advance(lexer);
    if (!skip_block_comment(lexer, &newline)) return false;
    lexer->mark_end(lexer);
    return found(lexer, COMMENT);
  }
  advance(lexer);
  bool doc = lexer->lookahead == '/';
  // The carriage return before a line feed is no part of the comment.
  for (;;) {
    lexer->mark_end(lexer);
    while (lexer->lookahead == '\r') advance(lexer);
    if (lexer->eof(lexer) || lexer->lookahead == '\n') break;
    advance(lexer);
  }
  return found(lexer, doc ? DOC_COMMENT : COMMENT);
}

// Behind the first slash: a regex ends on its line and is not empty.
static bool scan_regex_start(Scanner *scanner, TSLexer *lexer) {
  lexer->mark_end(lexer);
  for (bool empty = true; !lexer->eof(lexer) && lexer->lookahead != '\n' && lexer->lookahead != '\r'; empty = false) {
    if (lexer->lookahead == '/') {
      scanner->text = IN_REGEX;
      return !empty && found(lexer, REGEX_START);
    }
    if (lexer->lookahead == '\\') advance(lexer);
    if (!lexer->eof(lexer)) advance(lexer);
  }
  return false;
}

static bool scan_regex(Scanner *scanner, TSLexer *lexer) {
  if (lexer->lookahead == '/') {
    advance(lexer);
    lexer->mark_end(lexer);
    scanner->text = IN_NONE;
    return found(lexer, REGEX_END);
  }
  while (!lexer->eof(lexer) && lexer->lookahead != '/') {
    if (lexer->lookahead == '\\') advance(lexer);
    if (!lexer->eof(lexer)) advance(lexer);
  }
  lexer->mark_end(lexer);
  return found(lexer, REGEX_PATTERN);
}

static bool scan_quote(Scanner *scanner, TSLexer *lexer) {
  advance(lexer);
  lexer->mark_end(lexer);
  scanner->text = IN_STRING;
  if (lexer->lookahead == '"') {
    advance(lexer);
    if (lexer->lookahead == '"') {
      advance(lexer);
      lexer->mark_end(lexer);
      scanner->text = IN_RAW_STRING;
      return found(lexer, RAW_START);
    }
  }
  return found(lexer, STRING_START);
}

// Ends a text that was not closed: no state of the grammar takes this token, so an error shows where the text ends.
static bool give_up(Scanner *scanner, TSLexer *lexer) {
  lexer->mark_end(lexer);
  scanner->text = IN_NONE;
  return found(lexer, UNCLOSED);
}

static bool scan_raw_string(Scanner *scanner, TSLexer *lexer) {
  bool empty = true;
  for (;;) {
    lexer->mark_end(lexer);
    if (lexer->eof(lexer)) return empty ? give_up(scanner, lexer) : found(lexer, RAW_CONTENT);
    unsigned quotes = 0;
    for (; quotes < 3 && lexer->lookahead == '"'; quotes++) advance(lexer);
    if (quotes == 3) break;
    if (quotes == 0) advance(lexer);
    empty = false;
  }
  if (!empty) return found(lexer, RAW_CONTENT);
  lexer->mark_end(lexer);
  scanner->text = IN_NONE;
  return found(lexer, RAW_END);
}

static bool scan_escape(Scanner *scanner, TSLexer *lexer) {
  advance(lexer);
  if (lexer->eof(lexer)) return give_up(scanner, lexer);
  int32_t kind = lexer->lookahead;
  advance(lexer);
  lexer->mark_end(lexer);
  if (kind == 'u' && lexer->lookahead == '{') {
    advance(lexer);
    while (is_hex(lexer->lookahead)) advance(lexer);
    if (lexer->lookahead == '}') {
      advance(lexer);
      lexer->mark_end(lexer);
    }
  } else if (kind == 'u') {
    for (unsigned i = 0; i < 4 && is_hex(lexer->lookahead); i++) advance(lexer);
    lexer->mark_end(lexer);
  }
  return found(lexer, ESCAPE_SEQUENCE);
}

// A brace in a message: `{{`, `}}`, or `{` to the next `}`. One that is not closed is an error of the language.
static bool scan_brace(TSLexer *lexer) {
  int32_t brace = lexer->lookahead;
  advance(lexer);
  if (lexer->lookahead == brace) {
    advance(lexer);
    lexer->mark_end(lexer);
    return found(lexer, ESCAPE_SEQUENCE);
  }
  lexer->mark_end(lexer);
  if (brace == '}') return found(lexer, STRING_CONTENT);
  while (!lexer->eof(lexer) && lexer->lookahead != '}' && lexer->lookahead != '"' && lexer->lookahead != '\n') advance(lexer);
  if (lexer->lookahead != '}') return found(lexer, UNCLOSED);
  advance(lexer);
  lexer->mark_end(lexer);
  return found(lexer, PLACEHOLDER);
}

static bool scan_string(Scanner *scanner, TSLexer *lexer, bool message) {
  int32_t c = lexer->lookahead;
  if (lexer->eof(lexer) || c == '\n' || c == '\r') return give_up(scanner, lexer);
  if (c == '"') {
    advance(lexer);
    lexer->mark_end(lexer);
    scanner->text = IN_NONE;
    return found(lexer, STRING_END);
  }
  if (c == '\\') return scan_escape(scanner, lexer);
  if (message && (c == '{' || c == '}')) return scan_brace(lexer);
  while (!lexer->eof(lexer) && c != '"' && c != '\\' && c != '\n' && c != '\r' && !(message && (c == '{' || c == '}'))) {
    advance(lexer);
    c = lexer->lookahead;
  }
  lexer->mark_end(lexer);
  return found(lexer, STRING_CONTENT);
}

// Digits with single underscores between them; false where one stands wrongly.
static bool skip_digits(TSLexer *lexer) {
  while (is_digit(lexer->lookahead)) {
    advance(lexer);
    if (lexer->lookahead == '_') {
      advance(lexer);
      if (!is_digit(lexer->lookahead)) return false;
    }
  }
  return true;
}

// A unit is none before `:` or `(` on its line, nor where it is the name of a field. Comments count as spaces, as they do to the engine;
// those with a line end in them do not.
static bool unit_follows(const Scanner *scanner, TSLexer *lexer) {
  char word[WORD_SIZE];
  read_word(lexer, word);
  bool known = false;
  for (unsigned i = 0; i < sizeof(UNITS) / sizeof(UNITS[0]); i++) known = known || strcmp(UNITS[i], word) == 0;
  if (!known) return false;
  bool next_line = false;
  for (;;) {
    for (; is_blank(lexer->lookahead); advance(lexer)) next_line = next_line || lexer->lookahead != ' ';
    if (lexer->lookahead != '/') break;
    advance(lexer);
    if (lexer->lookahead == '/') {
      skip_line(lexer);
    } else if (lexer->lookahead == '*') {
      advance(lexer);
      if (!skip_block_comment(lexer, &next_line)) return true;
    } else {
      return true;
    }
  }
  if (lexer->lookahead == '(') return next_line;
  bool among_fields = scanner->in_block && scanner->depth == 0;
  return lexer->lookahead != ':' || (next_line && !among_fields);
}

static bool scan_number(const Scanner *scanner, TSLexer *lexer) {
  enum TokenType type = INTEGER;
  if (!skip_digits(lexer)) return false;
  lexer->mark_end(lexer);
  if (lexer->lookahead == '.') {
    advance(lexer);
    if (!is_digit(lexer->lookahead)) return found(lexer, INTEGER);
    type = FLOAT;
    if (!skip_digits(lexer)) return false;
    lexer->mark_end(lexer);
  }
  if (lexer->lookahead == '%') {
    advance(lexer);
    lexer->mark_end(lexer);
    return found(lexer, PERCENT);
  }
  if (lexer->lookahead == 'e' || lexer->lookahead == 'E') {
    advance(lexer);
    if (lexer->lookahead == '+' || lexer->lookahead == '-') advance(lexer);
    if (!is_digit(lexer->lookahead)) return false;
    while (is_digit(lexer->lookahead)) advance(lexer);
    lexer->mark_end(lexer);
    return !is_word(lexer->lookahead) && found(lexer, FLOAT);
  }
  // The unit is a token of its own, on the same line and at most one space away.
  bool spaced = lexer->lookahead == ' ';
  if (spaced) advance(lexer);
  bool glued = !spaced && is_word(lexer->lookahead);
  if (is_letter(lexer->lookahead) && unit_follows(scanner, lexer)) return found(lexer, DURATION_NUMBER);
  return !glued && found(lexer, type);
}

static bool scan_bracket(Scanner *scanner, TSLexer *lexer, enum TokenType type, bool opens) {
  advance(lexer);
  lexer->mark_end(lexer);
  if (type == LEFT_BRACE && scanner->in_header && scanner->depth == 0) {
    scanner->in_header = false;
    scanner->in_block = true;
    return found(lexer, BLOCK_OPEN);
  }
  if (type == RIGHT_BRACE && scanner->in_block && scanner->depth == 0) {
    scanner->in_block = false;
    return found(lexer, BLOCK_CLOSE);
  }
  if (opens && scanner->depth < UINT16_MAX) scanner->depth++;
  if (!opens && scanner->depth > 0) scanner->depth--;
  return found(lexer, type);
}

static bool scan_word(Scanner *scanner, TSLexer *lexer, bool first_column) {
  bool named = false;
  int start = item_start(scanner, lexer, first_column, true, &named);
  if (start < 0) return false;
  if (start < START_KEY) {
    scanner->depth = 0;
    scanner->in_block = false;
    scanner->in_header = start == START_FEATURES || start == START_OUTPUT;
  }
  return found(lexer, (enum TokenType)start);
}

// A comma that does not end its field: a constraint follows.
static bool scan_constraint_comma(const Scanner *scanner, TSLexer *lexer) {
  advance(lexer);
  lexer->mark_end(lexer);
  int32_t next = peek_token(lexer);
  if (next == 0 || next == '}') return false;
  if (is_letter(next) || next == '`') {
    bool named = false;
    if (item_start(scanner, lexer, false, false, &named) >= 0 || named) return false;
  }
  return found(lexer, CONSTRAINT_COMMA);
}

static bool scan(Scanner *scanner, TSLexer *lexer, const bool *valid) {
  bool recovering = valid[ERROR_SENTINEL];
  switch (scanner->text) {
    case IN_STRING: return scan_string(scanner, lexer, !recovering && valid[PLACEHOLDER]);
    case IN_RAW_STRING: return scan_raw_string(scanner, lexer);
    case IN_REGEX: return scan_regex(scanner, lexer);
    case IN_NONE: break;
  }
  bool spaced = false, first_column = false;
  while (is_blank(lexer->lookahead)) {
    spaced = true;
    first_column = lexer->lookahead == '\n';
    lexer->advance(lexer, true);
  }
  if (lexer->eof(lexer)) return false;
  int32_t c = lexer->lookahead;
  switch (c) {
    case '(': return scan_bracket(scanner, lexer, LEFT_PARENTHESIS, true);
    case ')': return scan_bracket(scanner, lexer, RIGHT_PARENTHESIS, false);
    case '[': return scan_bracket(scanner, lexer, LEFT_BRACKET, true);
    case ']': return scan_bracket(scanner, lexer, RIGHT_BRACKET, false);
    case '{': return scan_bracket(scanner, lexer, LEFT_BRACE, true);
    case '}': return scan_bracket(scanner, lexer, RIGHT_BRACE, false);
    case '"': return scan_quote(scanner, lexer);
    case ',': return !recovering && valid[CONSTRAINT_COMMA] && scan_constraint_comma(scanner, lexer);
    case '/':
      advance(lexer);
      if (lexer->lookahead == '/' || lexer->lookahead == '*') return scan_comment(lexer);
      return !recovering && valid[REGEX_START] && scan_regex_start(scanner, lexer);
    default: break;
  }
  if (is_digit(c)) return scan_number(scanner, lexer);
  if (!is_letter(c) && c != '`') return false;
  if (!recovering) {
    if (valid[UNIT]) {
      char word[WORD_SIZE];
      read_word(lexer, word);
      lexer->mark_end(lexer);
      return found(lexer, UNIT);
    }
    // The word after an item's first, and a part of `@name`, `$param` or `field.rule`, start nothing.
    if (valid[AFTER_START] || valid[AFTER_MARK] || (valid[AFTER_AT] && !spaced)) return false;
  }
  return scan_word(scanner, lexer, first_column);
}

void *tree_sitter_rulegate_external_scanner_create(void) { return ts_calloc(1, sizeof(Scanner)); }

void tree_sitter_rulegate_external_scanner_destroy(void *payload) { ts_free(payload); }

unsigned tree_sitter_rulegate_external_scanner_serialize(void *payload, char *buffer) {
  const Scanner *scanner = payload;
  buffer[0] = (char)(scanner->depth & 0xff);
  buffer[1] = (char)(scanner->depth >> 8);
  buffer[2] = (char)(scanner->in_block | scanner->in_header << 1);
  buffer[3] = (char)scanner->text;
  return 4;
}

void tree_sitter_rulegate_external_scanner_deserialize(void *payload, const char *buffer, unsigned length) {
  Scanner *scanner = payload;
  memset(scanner, 0, sizeof(Scanner));
  if (length < 4) return;
  scanner->depth = (uint16_t)((unsigned char)buffer[0] | (unsigned char)buffer[1] << 8);
  scanner->in_block = buffer[2] & 1;
  scanner->in_header = buffer[2] >> 1 & 1;
  scanner->text = (Text)buffer[3];
}

bool tree_sitter_rulegate_external_scanner_scan(void *payload, TSLexer *lexer, const bool *valid_symbols) {
  return scan(payload, lexer, valid_symbols);
}
