// Colours for the rule language: highlight.js, which the book brings along, does not know it.
if (window.hljs) {
  hljs.registerLanguage('rules', (hljs) => ({
    name: 'Rulegate',
    keywords: {
      keyword:
        'rulegate import param set from column type extern function features output test for key fields let rule check waive until because ' +
        'observe buckets example fallback columns when expect message where by given row with only fail pass unknown reason ' +
        'and or not in is null between like matches each distinct case then else end div mod unique increasing length',
      type:
        'bool int int8 int16 int32 int64 uint8 uint16 uint32 uint64 float float32 float64 number decimal string binary date time timestamp ' +
        'duration list vector map struct enum one_of',
      literal: 'true false null',
    },
    contains: [
      hljs.COMMENT('//', '$'),
      hljs.C_BLOCK_COMMENT_MODE,
      { className: 'string', begin: '"""', end: '"""' },
      hljs.QUOTE_STRING_MODE,
      { className: 'symbol', begin: '`', end: '`' },
      // A slash that divides has a blank behind it.
      { className: 'regexp', begin: /\/(?=[^\s\/*])(?:\\.|[^\/\\\n])*\// },
      { className: 'meta', begin: /@[a-z_]+/ },
      { className: 'variable', begin: /\$[A-Za-z_]\w*/ },
      { className: 'number', begin: /\b\d[\d_]*(?:\.[\d_]+)?(?:[eE][+-]?\d+)?%?/ },
      { className: 'title', begin: /[A-Za-z_]\w*(?=\s*\()/, keywords: 'in decimal timestamp enum fields buckets one_of' },
    ],
  }));
  document.querySelectorAll('code.language-rules').forEach((block) => hljs.highlightBlock(block));
}

// Links that lead out of the book lead into the repository.
document.querySelectorAll('main a[href^="../"]').forEach((link) => {
  const href = link.getAttribute('href');
  const ups = href.match(/^(\.\.\/)+/)[0].length;
  if (ups > path_to_root.length) {
    link.href = 'https://github.com/rulegate/rulegate/tree/main/' + href.slice(ups);
  }
});
