; Written by editors/queries.mjs.

("{" @open "}" @close)
("(" @open ")" @close)
("[" @open "]" @close)
("\"" @open "\"" @close)
